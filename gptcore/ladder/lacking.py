"""What this machine lacks for a rung of the ladder: PyTorch, a compiler, a GPU.

Each function answers with a sentence, or with nothing if all is there; it looks once. PyTorch is
loaded only to ask it. Left out on purpose: telling how fast what is there will be.
"""

from functools import cache
from importlib import import_module

from gptcore.optional import is_installed


def nothing() -> str:
    return ""


@cache
def pytorch() -> str:
    if not is_installed("torch"):
        return "PyTorch is not installed: pip install torch"
    return ""


@cache
def compiler() -> str:
    """Tries it on the smallest function: a compiler may be there, and not what it needs."""
    if pytorch():
        return pytorch()
    torch = import_module("torch")  # only here: the rungs below must climb without it
    try:
        torch.compile(lambda x: x + 1)(torch.zeros(2))
    except Exception as error:  # whatever it is, the other rungs can do without
        return f"torch.compile found no C++ compiler that works ({str(error).splitlines()[0]:.60})"
    return ""


@cache
def gpu() -> str:
    if pytorch():
        return pytorch()
    if not import_module("torch").cuda.is_available():
        return "PyTorch finds no GPU here"
    return ""
