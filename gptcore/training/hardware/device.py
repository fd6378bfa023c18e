"""Where a run computes, and in which number format."""

from contextlib import nullcontext

import torch


def pick_device(wanted: str = "auto") -> str:
    """The device to compute on: `wanted`, or the fastest one here if it is "auto".

    Raises: ValueError for one that there is not.
    Example: pick_device("cpu") -> "cpu"
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        kind = torch.device(wanted)
    except RuntimeError:
        raise ValueError(
            f"There is no device {wanted!r}. There are: auto, cpu, cuda, cuda:1, mps."
        ) from None
    if kind.type == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda or torch.version.hip
        way_out = (
            "its driver may be missing; nvidia-smi must list it"
            if built
            else "this PyTorch was built without CUDA: install one from pytorch.org"
        )
        raise ValueError(
            f"device={wanted!r} was asked for, and PyTorch sees no GPU here: {way_out}. "
            f"Or compute on the processor: --device cpu. More: gptcore doctor"
        )
    if kind.type == "cuda" and kind.index is not None and kind.index >= torch.cuda.device_count():
        raise ValueError(
            f"device={wanted!r} was asked for, and there are {torch.cuda.device_count()} GPU(s), "
            f"counted from 0."
        )
    if kind.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(
            "device='mps' was asked for, and this is no Mac whose GPU PyTorch knows. Compute on "
            "the processor: --device cpu"
        )
    return wanted


def pick_dtype(wanted: str, device: str) -> torch.dtype:
    """The number format: `wanted`, or the best of the device if it is "auto".

    That is 32 bits on a processor, bf16 on a GPU that computes it, else fp16.
    Raises: ValueError for bf16 on a GPU that has none.
    """
    on_gpu = device.startswith("cuda")
    # Trap: the default asks whether bf16 can be imitated; on a T4 it can, many times slower.
    has_bf16 = not on_gpu or torch.cuda.is_bf16_supported(including_emulation=False)
    if wanted == "auto":
        return (torch.bfloat16 if has_bf16 else torch.float16) if on_gpu else torch.float32
    if wanted == "bfloat16" and not has_bf16:
        raise ValueError(
            f"dtype='bfloat16': {torch.cuda.get_device_name(device)} does not compute it. "
            f"--dtype float16 does, with scaled losses; --dtype auto finds out by itself."
        )
    return getattr(torch, wanted)


def autocast_context(device: str, dtype: torch.dtype):
    """Inside, matrices are multiplied in that format; weights and sums keep their 32 bits."""
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)


def synchronize(device: torch.device) -> None:
    """Go on when a GPU has done what it was given; without this only the giving is timed."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
