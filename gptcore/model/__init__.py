"""The GPT in tensors: its sizes, its parts, and weights from elsewhere.

Read `config.py`, `attention.py`, `block.py` and `gpt.py`, in this order. The flat names
(`gptcore.model.GPT`, ...) come from their files when they are asked for, so that importing this
package loads nothing: no PyTorch. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {
    "GPTConfig": "config",
    "GPT": "gpt",
    "Block": "block",
    "MLP": "block",
    "CausalSelfAttention": "attention",
    "attend": "attention",
    "check_ids": "ids",
}
__all__ = list(HOME_OF)


def __getattr__(name: str):
    """Import the file that has `name`, and hand its `name` on."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.model has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.model.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """What can be asked for, so that Tab completes it before it is loaded."""
    return sorted([*globals(), *HOME_OF])
