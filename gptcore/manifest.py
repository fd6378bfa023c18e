"""The texts that we know by name: where each belongs, and whether what lies there is whole.

The list itself is `data/manifest.toml`. A shipped text lies beside that list; a downloaded one in
the folder GPTCORE_DATA. A tokenizer's vocabulary is such a text, too, so this stands below both.
Left out on purpose: bringing what is not here (`corpus/download.py`).
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

    Example: find_text("nmaes") -> raises UnknownTextError
    """


class TextUnavailableError(OSError):
    """A text that we know is not on this machine, and could not be brought or read.

    Example: try: text = load("names")
             except TextUnavailableError as missing: print(missing)
    """

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message, without the way through our code."""
        return [f"{type(self).__name__}: {self}"]


class TextDamagedError(TextUnavailableError):
    """What lies under the text's name is not that text.

    Example: try: text = load("names")
             except TextDamagedError as damaged: print(damaged)
    """


@dataclass(frozen=True)
class TextInfo:
    """One table of the manifest.

    Units: bytes is the size of the whole file.
    Example: TextInfo("poems", "poems.txt", 9, "5e88...", "MIT", "my own").shipped -> True
    """

    name: str
    path: str  # below the data folder, or below the manifest's own folder if shipped
    bytes: int
    sha256: str
    licence: str
    source: str
    urls: tuple[str, ...] = ()  # tried in this order; a shipped text has none

    @property
    def shipped(self) -> bool:
        """Whether the text comes with gptcore, so that no network is ever needed for it."""
        return not self.urls


def shipped_folder() -> Path:
    """The folder of the manifest and the shipped texts: in a wheel inside gptcore, else beside."""
    package = Path(__file__).resolve().parent
    folders = [package / "data", package.parent / "data"]
    for folder in folders:
        if (folder / "manifest.toml").is_file():
            return folder
    raise TextUnavailableError(
        f"gptcore is here without its data: no manifest.toml in {folders[0]} or {folders[1]}. "
        + repair_hint(package.parent)
    )


def repair_hint(root: Path) -> str:
    """How to bring back a shipped file whose folder `data` lies in `root`."""
    if (root / ".git").exists():
        return f"Bring it back, in the folder {root}: git checkout -- data/"
    return "Bring it back from a checkout of the project: run `make lab` there, and use its .venv."


def data_folder() -> Path:
    """The folder that downloads go to: GPTCORE_DATA as it is now, or the user's cache folder.

    Example: print(data_folder())
    """
    chosen = os.environ.get(DATA_ENV_VAR)
    if chosen:
        return Path(chosen).expanduser().absolute()
    return Path(platformdirs.user_cache_dir("gptcore"))


def all_texts() -> dict[str, TextInfo]:
    """Every text of the manifest, by name.

    Example: "names" in all_texts() -> True
    """
    tables = tomllib.loads((shipped_folder() / "manifest.toml").read_text(encoding="utf-8"))
    return {
        name: TextInfo(name=name, **{**table, "urls": tuple(table.get("urls", ()))})
        for name, table in tables.items()
    }


def find_text(name: str) -> TextInfo:
    """The text that bears this name.

    Raises: UnknownTextError, with the nearest name and all the names.
    Example: find_text("names").shipped -> True
    """
    texts = all_texts()
    if isinstance(name, str) and name in texts:
        return texts[name]
    own = " A file of your own needs no name here: Path(...).read_text() reads it."
    raise UnknownTextError(
        f"There is no text {reprlib.repr(name)}.{did_you_mean(name, texts)} "
        f"The texts are: {', '.join(texts)}." + (own if "." in str(name) else "")
    )


def text_path(text: TextInfo) -> Path:
    """Where the text belongs on this machine, whether it is there or not.

    Example: text_path(find_text("names")).name -> "names.txt"
    """
    if text.shipped:
        return shipped_folder() / text.path
    folder = data_folder()
    # Trap: two texts of different origin may bear the same path, `names.txt`, one in each folder.
    if folder.resolve() == shipped_folder().resolve():
        raise ValueError(
            f"{DATA_ENV_VAR}={folder} is the folder of the texts that come with gptcore; a "
            "download there could replace one of them. "
            f"Set {DATA_ENV_VAR} to another folder, or unset it."
        )
    return folder / text.path


def text_exists(text: TextInfo) -> bool:
    """Whether anything lies under the text's name, be it whole or not."""
    try:
        return text_path(text).exists()
    except OSError:
        return True  # it cannot even be looked at; reading it will say why


def describe_mismatch(text: TextInfo, content: bytes) -> str:
    """What tells `content` from the text, in words; empty if nothing does."""
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 == text.sha256:
        return ""
    return (
        f"expected {text.bytes:,} bytes with sha256 {text.sha256}, "
        f"got {len(content):,} bytes with sha256 {sha256}"
    )


def read_verified(text: TextInfo) -> bytes:
    """The content of a text on this machine; a downloaded one is checked, and never repaired.

    Raises: TextDamagedError if it is not that text; TextUnavailableError if it cannot be read.
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
                else f"Bring it anew: gptcore fetch {text.name} --again"
            )
        ) from None
    difference = "" if text.shipped else describe_mismatch(text, content)
    if difference:
        raise TextDamagedError(
            f"The file {path} is damaged, or is another file than {text.name!r}: {difference}.\n"
            f"It was left as it is. Bring it anew: gptcore fetch {text.name} --again\n"
            f"Or move it away, or set {DATA_ENV_VAR} to another folder."
        )
    return content
