"""Device and number format of a run."""

from contextlib import AbstractContextManager, nullcontext

import torch


def pick_device(wanted: str = "auto") -> str:
    """Choose the device of a run.

    Args:
        wanted: A device such as "cpu", "cuda:1", "mps"; "auto" for the fastest of this machine.

    Returns:
        The device.

    Raises:
        ValueError: For a device that this machine does not have.

    Example:
        >>> pick_device("cpu")
        'cpu'
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            return "cuda"
        return "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        kind = torch.device(wanted)
    except RuntimeError:
        raise ValueError(
            f"There is no device {wanted!r}. Devices are: auto, cpu, cuda, cuda:1, mps."
        ) from None
    if kind.type == "cuda" and not torch.cuda.is_available():
        built = torch.version.cuda or torch.version.hip
        way_out = (
            "its driver may be missing; nvidia-smi must list it"
            if built
            else "this PyTorch was built without CUDA: install one from pytorch.org"
        )
        raise ValueError(
            f"device={wanted!r}, but PyTorch finds no GPU: {way_out}. "
            f"Or use the CPU: --device cpu. More: gptcore doctor"
        )
    if kind.type == "cuda" and kind.index is not None and kind.index >= torch.cuda.device_count():
        raise ValueError(
            f"device={wanted!r}, but this machine has {torch.cuda.device_count()} GPU(s), "
            f"counted from 0."
        )
    if kind.type == "mps" and not torch.backends.mps.is_available():
        raise ValueError(
            "device='mps', but this is not a Mac with a GPU that PyTorch supports. Use the CPU: "
            "--device cpu"
        )
    return wanted


def pick_dtype(wanted: str, device: str) -> torch.dtype:
    """Choose the number format of a run.

    Args:
        wanted: Name of a `torch.dtype`; "auto" for fp32 on a CPU, bf16 on a GPU that has it,
            fp16 on another GPU.
        device: The device of the run.

    Returns:
        The number format.

    Raises:
        ValueError: For bf16 on a GPU that does not have it.
    """
    on_gpu = device.startswith("cuda")
    # Trap: the default includes emulated bf16, which a T4 has, many times slower.
    has_bf16 = not on_gpu or torch.cuda.is_bf16_supported(including_emulation=False)
    if wanted == "auto":
        return (torch.bfloat16 if has_bf16 else torch.float16) if on_gpu else torch.float32
    if wanted == "bfloat16" and not has_bf16:
        raise ValueError(
            f"dtype='bfloat16': {torch.cuda.get_device_name(device)} does not have it. "
            f"Use --dtype float16, which scales the loss, or --dtype auto."
        )
    dtype: torch.dtype = getattr(torch, wanted)
    return dtype


def autocast_context(device: str, dtype: torch.dtype) -> AbstractContextManager[None]:
    """Inside, matrices are multiplied in a number format; weights and sums stay fp32.

    Args:
        device: The device of the run.
        dtype: The number format; fp32 changes nothing.

    Returns:
        A context manager.
    """
    if dtype == torch.float32:
        return nullcontext()
    return torch.autocast(torch.device(device).type, dtype=dtype)


def synchronize(device: torch.device) -> None:
    """Wait until a GPU has finished; otherwise a timer measures only the launches of kernels."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
