"""Load the packages of a lesson inside a page, or raise an error that says what is missing.

Pyodide publishes the packages that it has compiled, NumPy among them; PyTorch is not one. A page
loads them only here, when a cell calls this; everything else is part of the page.
Source: pyodide.org, `pyodide.loadPackage`.
"""

import contextlib
from collections.abc import Sequence
from importlib import import_module

WORDS = {"numpy": "NumPy", "torch": "PyTorch"}  # other packages have the name of their module


class NotInThisPageError(OSError):
    """A package of the lesson is not available inside this page."""

    def _render_traceback_(self) -> list[str]:
        """The text that a notebook shows: the message, without a traceback."""
        return [str(self)]


async def ensure_available(*modules: str) -> None:
    """Fetch these modules from where Pyodide publishes them.

    Raises:  NotInThisPageError if Pyodide does not have one, or its address cannot be reached.
    Example: await ensure_available("numpy")
    """
    pyodide = import_module("pyodide_js")  # only a page has it
    wanted = import_module("pyodide.ffi").to_js(list(modules))
    with contextlib.suppress(Exception):  # the import below reports what is missing
        await pyodide.loadPackage(wanted, messageCallback=silent, errorCallback=silent)
    for module in modules:
        try:
            import_module(module)
        except ImportError:
            raise NotInThisPageError(
                f"{in_words(modules)} cannot be had inside this page: Pyodide does not have it, or "
                "its address cannot be reached from here. So this lesson is here to be read; the "
                "links at its top lead to where it runs. (File → Reload Notebook from Disk "
                "brings back pictures that have gone.)"
            ) from None


def silent(words) -> None:
    """Ignore messages of Pyodide; our error is one sentence."""


def in_words(modules: Sequence[str]) -> str:
    """("numpy", "regex") -> "NumPy and regex"."""
    return " and ".join(WORDS.get(module, module) for module in modules)
