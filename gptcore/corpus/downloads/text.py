"""Load a text of `data/manifest.toml` as a string, or as a list of documents.

Read a file of your own with `Path("my.txt").read_text(encoding="utf-8")`.
"""

import sys

from gptcore.manifest import TextUnavailableError, find_text, read_verified, text_exists, text_path


def load(name: str) -> str:
    """Load a text as a string, exactly as its file has it; download it if necessary.

    Args:
        name: A name of the manifest, as in `all_texts()`.

    Returns:
        The text.

    Raises:
        UnknownTextError: If the manifest has no such name.
        TextUnavailableError: If it cannot be downloaded.
        TextDamagedError: If the file on this machine is not that text.

    Example:
        >>> load("names")[:5]
        'aare\\n'
    """
    text = find_text(name)
    if not text.shipped and not text_exists(text):
        if sys.platform == "emscripten":  # Python in a web page has no sockets
            raise TextUnavailableError(
                f"The text {name!r} is not shipped with gptcore, and Python in a web page cannot "
                f"download it. On your own machine, use: gptcore fetch {name}"
            )
        from gptcore.corpus.downloads.download import ensure_local  # noqa: PLC0415 - loads pooch

        ensure_local(text)
    return read_verified(text).decode("utf-8")


def load_documents(name: str) -> list[str]:
    """Load the lines of a text, stripped of white space and without empty ones.

    Args:
        name: A name of the manifest, as in `all_texts()`.

    Returns:
        One document per line.

    Raises:
        UnknownTextError: If the manifest has no such name.
        TextUnavailableError: If it cannot be downloaded, or the file is damaged.

    Example:
        >>> load_documents("names")[:2]
        ['aare', 'aase']
    """
    # Trap: splitlines() also splits at characters such as U+2028, which a document may contain.
    lines = [line.strip() for line in load(name).split("\n")]
    return [line for line in lines if line]


def is_downloaded(name: str) -> bool:
    """Whether `load(name)` needs no network: the file exists and has the right size.

    Args:
        name: A name of the manifest, as in `all_texts()`.

    Returns:
        True for a shipped text.

    Raises:
        UnknownTextError: If the manifest has no such name.

    Example:
        >>> is_downloaded("names")
        True
    """
    text = find_text(name)
    try:
        size_bytes = text_path(text).stat().st_size
    except OSError:
        return False
    return text.shipped or size_bytes == text.bytes  # a reader may edit a shipped list
