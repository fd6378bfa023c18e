"""A named text as a string, or as a list of documents.

Left out on purpose: texts that have no name in `data/manifest.toml`. Read a file of your own with
`Path("my.txt").read_text(encoding="utf-8")`.
"""

import sys
from importlib import import_module

from gptcore.manifest import TextUnavailableError, find_text, read_verified, text_exists, text_path


def load(name: str) -> str:
    """The whole text, exactly as its file has it; brought from the network if it is not here yet.

    Raises: UnknownTextError for a misspelt name; TextUnavailableError if it cannot be brought;
        TextDamagedError if the file on this machine is not that text.
    Example: load("names")[:5] -> "aare\\n"
    """
    text = find_text(name)
    if not text.shipped and not text_exists(text):
        if sys.platform == "emscripten":  # Python inside a page has no sockets
            raise TextUnavailableError(
                f"The text {name!r} does not come with gptcore, and Python inside a page brings "
                f"nothing from elsewhere. On a machine of your own: gptcore fetch {name}"
            )
        # Only this line needs pooch and requests; a text that is here must not wait for them.
        import_module("gptcore.corpus.downloads.download").ensure_local(text)
    return read_verified(text).decode("utf-8")


def load_documents(name: str) -> list[str]:
    """The lines of the text, without the blanks around them and without empty ones.

    Raises: what `load` raises.
    Example: load_documents("names")[:2] -> ["aare", "aase"]
    """
    # Trap: splitlines() also splits at characters such as U+2028 that may stand inside a document.
    lines = [line.strip() for line in load(name).split("\n")]
    return [line for line in lines if line]


def is_downloaded(name: str) -> bool:
    """Whether `load(name)` would need no network: the file is here and has the right size.

    Raises: UnknownTextError for a misspelt name.
    Example: is_downloaded("names") -> True
    """
    text = find_text(name)
    try:
        size_bytes = text_path(text).stat().st_size
    except OSError:
        return False
    return text.shipped or size_bytes == text.bytes  # a shipped list may be edited by its reader
