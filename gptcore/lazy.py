"""Public names of a package that are imported at first use.

Importing such a package loads neither PyTorch nor NumPy. Its `__init__.pyi` is the only list of its
names: type checkers read it, and so does this file. It is read without `ast`, which takes longer to
import than the rest of a package.
"""

import sys
from collections.abc import Callable
from importlib import import_module


def attach(package: str) -> tuple[Callable[[str], object], Callable[[], list[str]], list[str]]:
    """The `__getattr__`, `__dir__` and `__all__` of a package that has a stub.

    Args:
        package: The package's `__name__`. Its `__init__.pyi` has only statements such as
            `from package.module import name as name`.

    Returns:
        The three, to be assigned in the package's `__init__.py`.
    """
    modules = names_in_stub(f"{sys.modules[package].__file__}i")

    def get(name: str) -> object:
        if name not in modules:
            raise AttributeError(f"{package} has no {name!r}; it has {', '.join(modules)}.")
        return getattr(import_module(modules[name]), name)

    def names_for_tab() -> list[str]:
        return sorted({*vars(sys.modules[package]), *modules})

    return get, names_for_tab, list(modules)


def names_in_stub(path: str) -> dict[str, str]:
    """Each name that a stub imports, and the module that defines it."""
    modules, module = {}, ""
    with open(path, encoding="utf-8") as stub:
        for line in stub:
            words = line.replace("(", " ").replace(",", " ").split()
            if words[:1] == ["from"]:
                module, words = words[1], words[3:]
            if words[1:2] == ["as"]:
                modules[words[0]] = module
    return modules
