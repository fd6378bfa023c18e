"""A file of names, one a line, as `--names` brings it."""

from pathlib import Path

from gptcore.checks import as_path, nearest_name
from gptcore.corpus import load_documents


def read_names(path: Path | None) -> list[str]:
    """The stripped, non-empty lines of a text file; the shipped names without one."""
    if path is None:
        return load_documents("names")
    path = as_path(path, "--names")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        there = (
            [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
        )
        near = nearest_name(path.name, there, 0.5)
        hint = (
            f"Did you mean {path.parent / near}?"
            if near
            else "Leave --names out to use the names that come with gptcore."
        )
        raise ValueError(f"--names {path}: there is no such file. {hint}") from None
    except IsADirectoryError:
        raise ValueError(
            f"--names {path} is a folder. Name a text file in it, with one name a line."
        ) from None
    except OSError as error:
        raise ValueError(f"--names {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"--names {path} is not text: byte {error.object[error.start]:#04x} at position "
            f"{error.start} is not UTF-8. "
            f"Give a text file with one name a line."
        ) from None
    if "\0" in text:
        raise ValueError(
            f"--names {path} is not text: it has a zero byte at position {text.index(chr(0))}. "
            f"Give a text file with one name a line."
        )
    documents = [line.strip() for line in text.split("\n") if line.strip()]
    if not documents:
        raise ValueError(
            f"--names {path} has no names in it: it needs at least one line that is not empty."
        )
    return documents
