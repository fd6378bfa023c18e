"""Where documents come from: files, folders, globs, named texts, and FineWeb's files on the hub.

What is asked for becomes a list of files on this machine, in an order that does not depend on the
machine. Left out on purpose: reading them (`corpus/documents.py`).
"""

import difflib
import glob
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from gptcore.corpus.documents import ENDINGS
from gptcore.manifest import UnknownText, find_text, is_there, path_of


@dataclass(frozen=True)
class Source:
    """One file of documents on this machine.

    Units: bytes is the size of the file.
    """

    path: Path
    name: str  # as a manifest shows it
    bytes: int
    sha256: str = ""  # if it is known before the file is read
    revision: str = ""  # of the dataset on the hub


def find_sources(asked: Sequence[str], at_hand: bool = False) -> list[Source]:
    """The files that are meant, each once: in the order of `asked`, in a folder by name.

    With `at_hand`, what is not on this machine is left out.

    Raises: ValueError for what is not there, is named twice, or is no kind of file that we read;
        OSError if the hub cannot be reached.
    """
    if not asked:
        raise ValueError(
            "Say what to prepare: a file, a folder, a glob, a text's name or fineweb:..."
        )
    sources = [source for one in asked for source in files_of(one, at_hand)]
    seen: set[Path] = set()
    for source in sources:
        place = source.path.resolve()
        if place in seen:
            raise ValueError(f"{source.name} is named twice. Name every file once.")
        seen.add(place)
    return sources


def files_of(asked: str, at_hand: bool = False) -> list[Source]:
    """The files that one word of the command line means."""
    path = Path(asked).expanduser()
    if at_hand and not path.exists():
        return []
    if path.is_file():
        return [local(path, strict=True)]
    if path.is_dir():
        return in_folder(path)
    if asked.startswith(("fineweb:", "fineweb-edu:")):
        # Only this line needs the hub's library, which is slow to load.
        return [import_module("gptcore.corpus.hub").bring(asked)]
    if glob.has_magic(asked):
        found = [Path(name) for name in sorted(glob.glob(str(path), recursive=True))]
        files = [local(path, strict=True) for path in found if path.is_file()]
        if not files:
            raise ValueError(
                f"No file is called {asked!r}. Is the pattern quoted, and the folder right?"
            )
        return files
    return [named(asked, path)]


def in_folder(folder: Path) -> list[Source]:
    """Every file below the folder that we can read, hidden ones left out."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    shown = [
        path
        for path in paths
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    if not shown:
        raise ValueError(
            f"The folder {folder} has no file that ends in {', '.join(ENDINGS)}. "
            "Name the folder that has them, or the files."
        )
    return [local(path) for path in shown]


def local(path: Path, strict: bool = False) -> Source:
    """A file that was named by its path; what it ends in says what it is."""
    if path.suffix.lower() not in ENDINGS:
        raise ValueError(
            f"{path} ends in {path.suffix or 'nothing'!r}; files of documents end in "
            f"{', '.join(ENDINGS)}. Rename it to say which of them it is."
        )
    return Source(path, str(path), path.stat().st_size)


def named(asked: str, path: Path) -> Source:
    """A text of data/manifest.toml; or the error for a path that leads nowhere."""
    try:
        text = find_text(asked)
    except UnknownText:
        folder = path.parent
        there = [other.name for other in folder.iterdir()] if folder.is_dir() else []
        near = difflib.get_close_matches(path.name, there, 1, 0.5)
        guess = (
            f"Did you mean {folder / near[0]}?"
            if near
            else "Give a file, a folder, a quoted glob, the name of a text, or a name such as "
            "fineweb:CC-MAIN-2013-20/000_00000."
        )
        raise ValueError(f"There is no {asked!r}. {guess}") from None
    if not is_there(text):
        raise ValueError(
            f"The text {asked!r} is not here yet. Bring it with: gptcore fetch {asked}"
        )
    place = path_of(text)
    if place.suffix not in ENDINGS:
        raise ValueError(f"{asked!r} is no text that a model learns from.")
    return Source(place, asked, place.stat().st_size, "" if text.shipped else text.sha256)
