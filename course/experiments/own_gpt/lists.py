"""The lists that come with the course: `data/lists/NAME.txt`."""

from pathlib import Path

from gptcore.manifest import shipped_folder
from gptcore.own_gpt import read_lines


def list_path(name: str) -> Path:
    """The file of a list.

    Args:
        name: creatures, cities or poems; or the path of a file.

    Raises:
        ValueError: If there is no such list or file.
    """
    folder = shipped_folder() / "lists"
    for path in (folder / f"{name}.txt", Path(name).expanduser()):
        if path.is_file():
            return path
    known = ", ".join(sorted(path.stem for path in folder.glob("*.txt")))
    raise ValueError(f"There is no list and no file {name!r}. The lists are {known}.")


def shipped_list(name: str) -> list[str]:
    """The different lines of a list.

    Args:
        name: creatures, cities or poems.
    """
    return list(read_lines(list_path(name)).lines)
