"""Pictures and controls of what happens inside a language model.

Takes arrays, strings, numbers and functions, and knows no model: draw your own. Every `draw_...`
returns a `Picture`; every control has a still twin, so that a page without a kernel shows something
too. Importing it loads neither matplotlib nor ipywidgets: each name is imported at first use, and
`__init__.pyi` lists them.
"""

from importlib import import_module

_MODULES: dict[str, str] = {}  # name -> the module that defines it
with open(f"{__file__}i", encoding="utf-8") as stub:
    for line in stub:  # from viz.graphs.graph import draw_graph as draw_graph
        _from, _module, _import, _name, *_ = line.split()
        _MODULES[_name] = _module
__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"viz has no {name!r}; it has {', '.join(__all__)}")
    try:
        return getattr(import_module(_MODULES[name]), name)
    except ModuleNotFoundError as error:
        package = (error.name or "viz").split(".")[0]
        if package == "viz":
            raise  # a file of ours is missing, which no installation from the index would bring
        raise ModuleNotFoundError(
            f"viz.{name} needs {package}, which is not installed: pip install {package}",
            name=error.name,
        ) from None


def __dir__() -> list[str]:
    return __all__
