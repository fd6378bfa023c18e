"""The known texts: name, path, size and checksum of each.

`data/manifest.toml` lists them. A shipped text is beside that list; a downloaded text is in the
folder GPTCORE_DATA. The vocabulary of a tokenizer is a known text, too. `corpus/downloads` has the
downloads.
"""

import hashlib
import os
import reprlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from gptcore.checks import did_you_mean

DATA_ENV_VAR = "GPTCORE_DATA"


class UnknownTextError(ValueError):
    """The name is not in the manifest.

    Example:
        >>> find_text("nmaes")
        Traceback (most recent call last):
        ...
        gptcore.manifest.UnknownTextError: There is no text 'nmaes'. Did you mean 'names'? ...
    """


class TextUnavailableError(OSError):
    """A known text is not on this machine, and cannot be downloaded or read.

    Example:
        >>> try:
        ...     text = load("names")
        ... except TextUnavailableError as error:
        ...     print(error)
    """

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message without the traceback."""
        return [f"{type(self).__name__}: {self}"]


class TextDamagedError(TextUnavailableError):
    """The file of a text has another content than that text.

    Example:
        >>> try:
        ...     text = load("names")
        ... except TextDamagedError as error:
        ...     print(error)
    """


@dataclass(frozen=True)
class TextInfo:
    """A table of the manifest.

    Attributes:
        name: Name of the text.
        path: Path below the data folder, or below the folder of the manifest if it is shipped.
        bytes: Size of the file.
        sha256: Checksum of the file.
        licence: Licence of the text.
        source: Where the text is from.
        urls: Mirrors, in the order in which they are tried; a shipped text has none.

    Example:
        >>> TextInfo("poems", "poems.txt", 9, "5e88...", "MIT", "my own").shipped
        True
    """

    name: str
    path: str
    bytes: int
    sha256: str
    licence: str
    source: str
    urls: tuple[str, ...] = ()

    @property
    def shipped(self) -> bool:
        """Whether the text comes with gptcore, and needs no download."""
        return not self.urls


def shipped_folder() -> Path:
    """The folder of the manifest and the shipped texts: in a wheel inside gptcore, else beside it.

    Raises:
        TextUnavailableError: If there is no manifest.
    """
    package = Path(__file__).resolve().parent
    folders = [package / "data", package.parent / "data"]
    for folder in folders:
        if (folder / "manifest.toml").is_file():
            return folder
    raise TextUnavailableError(
        f"The data of gptcore is missing: there is no manifest.toml in {folders[0]} or "
        f"{folders[1]}. " + repair_hint(package.parent)
    )


def repair_hint(root: Path) -> str:
    """How to restore a shipped file, where `root` has the folder `data`."""
    if (root / ".git").exists():
        return f"Restore it, in the folder {root}: git checkout -- data/"
    return "Restore it from a checkout of the project: run `make lab` there, and use its .venv."


def data_folder() -> Path:
    """The folder for downloads: GPTCORE_DATA, or the user's cache folder.

    Returns:
        The folder, which may not exist yet.

    Example:
        >>> data_folder().is_absolute()
        True
    """
    chosen = os.environ.get(DATA_ENV_VAR)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("gptcore"))


def all_texts() -> dict[str, TextInfo]:
    """Read the manifest.

    Returns:
        Every known text, by name.

    Example:
        >>> "names" in all_texts()
        True
    """
    tables = tomllib.loads((shipped_folder() / "manifest.toml").read_text(encoding="utf-8"))
    return {
        name: TextInfo(name=name, **{**table, "urls": tuple(table.get("urls", ()))})
        for name, table in tables.items()
    }


def find_text(name: str) -> TextInfo:
    """Find a known text by its name.

    Args:
        name: Name of the text.

    Returns:
        Its table of the manifest.

    Raises:
        UnknownTextError: With the nearest name and all names.

    Example:
        >>> find_text("names").shipped
        True
    """
    texts = all_texts()
    if isinstance(name, str) and name in texts:
        return texts[name]
    own = " To read a file of your own: Path(...).read_text()."
    raise UnknownTextError(
        f"There is no text {reprlib.repr(name)}.{did_you_mean(name, texts)} "
        f"The texts are: {', '.join(texts)}." + (own if "." in str(name) else "")
    )


def text_path(text: TextInfo) -> Path:
    """The path of a text on this machine, whether the file exists or not.

    Args:
        text: The text.

    Returns:
        The path.

    Raises:
        ValueError: If GPTCORE_DATA is the folder of the shipped texts.

    Example:
        >>> text_path(find_text("names")).name
        'names.txt'
    """
    if text.shipped:
        return shipped_folder() / text.path
    folder = data_folder()
    # Trap: a shipped and a downloaded text may have the same path, such as `names.txt`.
    if folder.resolve() == shipped_folder().resolve():
        raise ValueError(
            f"{DATA_ENV_VAR}={folder} is the folder of the texts that come with gptcore; a "
            "download there could replace one of them. "
            f"Set {DATA_ENV_VAR} to another folder, or unset it."
        )
    return folder / text.path


def text_exists(text: TextInfo) -> bool:
    """Whether the file of a text exists, intact or not."""
    try:
        return text_path(text).exists()
    except OSError:
        return True  # reading the file will give the reason


def describe_mismatch(text: TextInfo, content: bytes) -> str:
    """How the content of a file differs from the text; "" if it does not."""
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 == text.sha256:
        return ""
    return (
        f"expected {text.bytes:,} bytes with sha256 {text.sha256}, "
        f"got {len(content):,} bytes with sha256 {sha256}"
    )


def read_verified(text: TextInfo) -> bytes:
    """Read a text from this machine, and verify the checksum of a downloaded one.

    Args:
        text: The text.

    Returns:
        The content of its file.

    Raises:
        TextDamagedError: If the checksum differs.
        TextUnavailableError: If the file cannot be read.
    """
    path = text_path(text)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TextUnavailableError(
            f"The text {text.name!r} cannot be read from {path} ({error.strerror or error}). "
            + (
                f"It comes with gptcore. {repair_hint(path.parent.parent)}"
                if text.shipped
                else f"Download it again: gptcore fetch {text.name} --again"
            )
        ) from None
    difference = "" if text.shipped else describe_mismatch(text, content)
    if difference:
        raise TextDamagedError(
            f"The file {path} is damaged, or is another file than {text.name!r}: {difference}.\n"
            f"It is unchanged. Download it again: gptcore fetch {text.name} --again\n"
            f"Or move it away, or set {DATA_ENV_VAR} to another folder."
        )
    return content
