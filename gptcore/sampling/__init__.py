"""Text out: from logits to tokens, and from tokens to texts.

The flat names (`gptcore.sampling.generate`, ...) come from their files when they are asked for, so
that importing this package loads nothing: no PyTorch. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {  # name -> the file that has it, below gptcore
    "next_token": "next_token",
    "next_probabilities": "next_token",
    "generate": "sampling.generation",
    "generate_cached": "sampling.cached",
    "window_start": "sampling.cached",
    "next_tokens": "sampling.rows",
    "KVCache": "sampling.kv_cache",
}
__all__ = list(HOME_OF)


def __getattr__(name: str):
    """Import the file that has `name`, and hand its `name` on."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.sampling has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """What can be asked for, so that Tab completes it before it is loaded."""
    return sorted([*globals(), *HOME_OF])
