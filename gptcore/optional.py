"""Packages that only some work needs: loaded when it begins, named with a cure if one is missing.

The cure names the missing packages themselves, never this project: on the public package index
the names `gptcore` and `viz` belong to other people.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class PackageMissingError(ModuleNotFoundError):
    """Packages that some work needs are not installed; the message says how to install them.

    Example: str(PackageMissingError("--tensorboard", "tensorboard")) ->
        "--tensorboard needs tensorboard, which is not installed: pip install tensorboard"
    """

    def __init__(self, work: str, *packages: str):
        *others, last = packages
        named = f"{', '.join(others)} and {last}, which are" if others else f"{last}, which is"
        super().__init__(
            f"{work} needs {named} not installed: pip install {' '.join(packages)}",
            name=packages[0],
        )


def is_installed(module: str) -> bool:
    """Whether a top-level module can be found; nothing is loaded.

    Example: is_installed("json") -> True
    """
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # ValueError: a stand-in in sys.modules without a spec
        return False


def require_packages(work: str, *packages: str) -> None:
    """Check that all these packages are installed.

    Raises: PackageMissingError that names those that are not.
    Example: require_packages("gptcore train", "json") -> None
    """
    missing = [package for package in packages if not is_installed(package)]
    if missing:
        raise PackageMissingError(work, *missing)


def optional_import(name: str, work: str) -> Any:
    """Import the module `name`, which `work` needs.

    Raises: PackageMissingError if its package is not installed.
    Example: optional_import("datasketch", "finding near copies").MinHash
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.split(".")[0]
        if (error.name or "").split(".")[0] != package:
            raise  # it is here; what it needs itself is not, and its own message says so
        raise PackageMissingError(work, package) from None
