"""Text generation: from logits to tokens, and from tokens to texts.

The public names (`gptcore.sampling.generate`, ...) are imported on first use, so that importing
this package does not load PyTorch. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {  # name -> the file that has it, below gptcore
    "next_token": "next_token",
    "next_probabilities": "next_token",
    "generate": "sampling.generation",
    "generate_cached": "sampling.cached_generation",
    "window_start": "sampling.cached_generation",
    "next_tokens": "sampling.batch_sampling",
    "KVCache": "sampling.kv_cache",
}
__all__ = list(HOME_OF)


def __getattr__(name: str) -> object:
    """Import a public name from its file."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.sampling has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """All names, so that Tab completes those that are not imported yet, too."""
    return sorted([*globals(), *HOME_OF])
