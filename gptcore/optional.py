"""Optional packages: imported when they are needed, with advice if one is missing.

The advice names the missing packages themselves, never this project: on the public package index
the names `gptcore` and `viz` belong to other people.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any


class PackageMissingError(ModuleNotFoundError):
    """Optional packages are not installed; the message says how to install them."""

    def __init__(self, feature: str, *packages: str) -> None:
        """Write the message.

        Args:
            feature: What needs the packages, such as "--tensorboard".
            packages: The missing packages.
        """
        *others, last = packages
        named = f"{', '.join(others)} and {last}, which are" if others else f"{last}, which is"
        super().__init__(
            f"{feature} needs {named} not installed: pip install {' '.join(packages)}",
            name=packages[0],
        )


def is_installed(module: str) -> bool:
    """Whether a top-level module can be found; it is not imported."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # ValueError: a stand-in in sys.modules without a spec
        return False


def require_packages(feature: str, *packages: str) -> None:
    """Check that packages are installed.

    Args:
        feature: What needs them.
        packages: Names of top-level modules.

    Raises:
        PackageMissingError: With the names of those that are not installed.
    """
    missing = [package for package in packages if not is_installed(package)]
    if missing:
        raise PackageMissingError(feature, *missing)


def optional_import(name: str, feature: str) -> Any:
    """Import a module of an optional package.

    Args:
        name: The module, such as "pyarrow.parquet".
        feature: What needs it, for the error.

    Returns:
        The module.

    Raises:
        PackageMissingError: If its package is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        package = name.split(".")[0]
        if (error.name or "").split(".")[0] != package:
            raise  # a dependency of it is missing, and its own message says so
        raise PackageMissingError(feature, package) from None
