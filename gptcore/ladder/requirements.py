"""What this machine lacks for a rung of the ladder: PyTorch, a C++ compiler, a GPU.

Each function returns the reason as a sentence, or "" if nothing is missing, and checks only once.
"""

from functools import cache

from gptcore.optional import is_installed


def none_missing() -> str:
    """A rung that runs everywhere."""
    return ""


@cache
def pytorch() -> str:
    """Whether PyTorch is missing; it is not loaded."""
    return "" if is_installed("torch") else "PyTorch is not installed: pip install torch"


@cache
def compiler() -> str:
    """Compile the smallest function: a compiler that is installed may still not work."""
    if pytorch():
        return pytorch()
    import torch  # noqa: PLC0415 - loads PyTorch, which the lower rungs do not need

    try:
        torch.compile(lambda x: x + 1)(torch.zeros(2))
    except Exception as error:  # of any kind: the other rungs do not need the compiler
        return f"torch.compile found no C++ compiler that works ({str(error).splitlines()[0]:.60})"
    return ""


@cache
def gpu() -> str:
    """Whether PyTorch or a CUDA device is missing."""
    if pytorch():
        return pytorch()
    import torch  # noqa: PLC0415 - loads PyTorch, which the lower rungs do not need

    return "" if torch.cuda.is_available() else "PyTorch finds no GPU here"
