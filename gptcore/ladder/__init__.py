"""One small model in ever faster implementations, from one number at a time to a GPU.

The same weights, the same names, the same printed losses; only the time differs. The names of this
package are imported when they are used, so that importing the package itself loads no NumPy.
`__init__.pyi` lists them for type checkers.
"""

from importlib import import_module

HOME_OF = {
    "climb": "ladder",
    "Rung": "ladder",
    "Implementation": "ladder",
    "IMPLEMENTATIONS": "ladder",
    "WITHOUT_TORCH": "ladder",
    "format_rung": "table",
    "format_summary": "table",
    "TABLE_HEADER": "table",
    "forward": "numpy_gpt",
    "loss_of": "numpy_gpt",
    "loss_and_grads": "numpy_gpt",
    "NumpyGPT": "numpy_gpt",
    "Activations": "numpy_gpt",
    "weights_of": "weights",
    "to_torch": "torch_gpt",
}
__all__ = list(HOME_OF)


def __getattr__(name: str) -> object:
    """Import the module that defines `name`, and return `name`."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.ladder has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.ladder.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """All public names, so that Tab completes those that are not loaded yet."""
    return sorted([*globals(), *HOME_OF])
