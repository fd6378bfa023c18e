"""The GPT in PyTorch: sizes, modules, and weights from other programs.

Read `config.py`, `attention.py`, `block.py` and `gpt.py`, in this order. The public names
(`gptcore.model.GPT`, ...) are imported on first use, so that importing this package does not load
PyTorch. `__init__.pyi` is for type checkers.
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


def __getattr__(name: str) -> object:
    """Import a public name from its file."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.model has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.model.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """All names, so that Tab completes those that are not imported yet, too."""
    return sorted([*globals(), *HOME_OF])
