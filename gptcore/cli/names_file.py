"""The file of `--names`: one name per line."""

from pathlib import Path

from gptcore.checks import as_path, nearest_name
from gptcore.corpus import load_documents


def read_names(path: Path | None) -> list[str]:
    """Read the stripped, non-empty lines of a text file.

    Args:
        path: The file; None for the names that come with gptcore.

    Returns:
        The names.

    Raises:
        ValueError: If the file is missing, is not text, or has no names.
    """
    if path is None:
        return load_documents("names")
    path = as_path(path, "--names")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        folder = path.parent
        files = [p.name for p in folder.iterdir() if p.is_file()] if folder.is_dir() else []
        near = nearest_name(path.name, files, 0.5)
        hint = (
            f"Did you mean {folder / near}?"
            if near
            else "Leave --names out to use the names that come with gptcore."
        )
        raise ValueError(f"--names {path}: the file does not exist. {hint}") from None
    except IsADirectoryError:
        raise ValueError(
            f"--names {path} is a folder. Name a text file in it, with one name per line."
        ) from None
    except OSError as error:
        raise ValueError(f"--names {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ValueError(
            f"--names {path} is not text: byte {error.object[error.start]:#04x} at position "
            f"{error.start} is not UTF-8. "
            f"Give a text file with one name per line."
        ) from None
    if "\0" in text:
        raise ValueError(
            f"--names {path} is not text: it has a zero byte at position {text.index(chr(0))}. "
            f"Give a text file with one name per line."
        )
    documents = [line.strip() for line in text.split("\n") if line.strip()]
    if not documents:
        raise ValueError(f"--names {path} has no names: all its lines are empty.")
    return documents
