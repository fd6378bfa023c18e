"""Libraries that only some work needs: loaded when it begins, and named with a cure if missing."""

from importlib import import_module
from typing import Any


def library(name: str, work: str, extra: str = "text") -> Any:
    """The module `name`, without which `work` cannot be done.

    Raises: ModuleNotFoundError that says what to install.
    Example: library("datasketch", "finding near copies").MinHash
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.split(".")[0]
        if (error.name or "").split(".")[0] != package:
            raise  # it is here; what it needs itself is not, and its own message says so
        raise ModuleNotFoundError(
            f"{work} needs {package}, which is not installed: pip install 'gptcore[{extra}]'",
            name=package,
        ) from None
