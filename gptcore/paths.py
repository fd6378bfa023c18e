"""A path that a user gave: `~` is the home folder, and nothing at all is an error."""

from pathlib import Path


def user_path(given: str | Path, name: str = "The path") -> Path:
    """The path that a user means. `name` is how an error calls it, such as "--out".

    Raises: ValueError for an empty word, which the shell makes of an unset variable, and which
        `Path` would take for the working folder; ValueError for the home of an unknown user.
    Example: user_path("~/texts").is_absolute() -> True
    """
    if str(given) == "":
        raise ValueError(
            f'{name} is empty, as "$NAME" is where the shell has no variable NAME. Name a file or '
            "a folder; the working folder itself is called '.'."
        )
    try:
        return Path(given).expanduser()
    except RuntimeError as error:
        raise ValueError(
            f"{name} {given}: there is no such home folder ({error}). Write the path without '~', "
            "or './~...' for a file whose name begins with it."
        ) from None
