"""One small model on every rung of a ladder, from one number at a time upwards.

The same weights, the same names, the same printed losses; only the time differs. The flat names
(`gptcore.ladder.climb`, ...) come from their files when they are asked for, so that importing this
package loads nothing: no NumPy. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {
    "climb": "rungs",
    "Rung": "rungs",
    "Way": "rungs",
    "WAYS": "rungs",
    "UP_TO_ARRAYS": "rungs",
    "lines_of": "table",
    "in_words": "table",
    "TABLE_HEAD": "table",
    "forward": "arrays",
    "loss_of": "arrays",
    "loss_and_slopes": "arrays",
    "ArrayGPT": "arrays",
    "Inside": "arrays",
    "weights_of": "weights",
    "poured": "tensors",
}
__all__ = list(HOME_OF)


def __getattr__(name: str):
    """Import the file that has `name`, and hand its `name` on."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.ladder has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.ladder.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """What can be asked for, so that Tab completes it before it is loaded."""
    return sorted([*globals(), *HOME_OF])
