"""A checkpoint of nanoGPT: what its `train.py` writes as `ckpt.pt`.

Names and shapes are ours but for a prefix. Its GELU is the exact one, not GPT-2's approximation.
The file is a pickle, and is loaded in PyTorch's weights-only mode, in which no code of it runs.
The state of the optimizer is not loaded.
Source: karpathy/nanoGPT, `model.py` and `train.py`.
"""

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gptcore.formats.weights import StateDict

SIZES = ("vocab_size", "block_size", "n_layer", "n_head", "n_embd")
SWITCHES = ("bias", "dropout")  # dropout is not used: a loaded model has 0

NUMPY_KINDS = "?bBhHiIlLqQefdFDUS"  # the letters of NumPy's booleans, numbers and strings


def read_nanogpt(file: Path) -> tuple[dict[str, Any], StateDict]:
    """Load config and weights of a checkpoint.

    Args:
        file: What nanoGPT's train.py wrote.

    Returns:
        The fields of `GPTConfig`, and the tensors under nanoGPT's names.

    Raises:
        ValueError: If the file holds something else.
        OSError: If the file is incomplete.
    """
    checkpoint = load_checkpoint(file)
    if not isinstance(checkpoint, dict) or not {"model", "model_args"} <= set(checkpoint):
        keys = (
            f"the keys {', '.join(map(str, checkpoint))}"
            if isinstance(checkpoint, dict)
            else "no keys"
        )
        raise ValueError(
            f"{file} is not a checkpoint of nanoGPT: that has the keys model and model_args, this "
            f"has {keys}. Weights alone do not determine n_head."
        )
    return (
        fields_from_model_args(checkpoint["model_args"], file),
        checked_state_dict(checkpoint["model"], file),
    )


def fields_from_model_args(model_args: object, file: Path) -> dict[str, Any]:
    """The fields of our config; ValueError for a missing size and an unknown setting."""
    if not isinstance(model_args, dict):
        raise ValueError(f"model_args of {file} must be a dictionary; got {model_args!r:.60}.")
    missing = [name for name in SIZES if name not in model_args]
    if missing:
        raise ValueError(f"model_args of {file} lacks {', '.join(missing)}.")
    unknown = [str(name) for name in model_args if name not in (*SIZES, *SWITCHES)]
    if unknown:
        raise ValueError(
            f"model_args of {file} has {', '.join(unknown)}, which nanoGPT does not have: the "
            f"model may compute something else than ours."
        )
    # Before nanoGPT had the switch, all its models had biases.
    sizes = {name: model_args[name] for name in SIZES}
    return {**sizes, "bias": model_args.get("bias", True)}


def checked_state_dict(weights: object, file: Path) -> StateDict:
    """The weights; ValueError for anything but a dictionary of tensors."""
    if not isinstance(weights, dict):
        raise ValueError(f"model of {file} must be a dictionary of tensors; got {weights!r:.60}.")
    for name, tensor in weights.items():
        if not isinstance(tensor, torch.Tensor):
            raise ValueError(
                f"{name} of {file} is a {type(tensor).__name__}, and must be a tensor."
            )
    return dict(weights)


def load_checkpoint(file: Path) -> object:
    """What `torch.save` wrote, if it has only tensors, NumPy's numbers and plain values."""
    if not file.is_file():
        raise ValueError(f"There is no file {file}; nanoGPT writes out/ckpt.pt.")
    check_file_type(file)
    try:
        with torch.serialization.safe_globals(numpy_globals()):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{file} has more than tensors and plain values, and loading that could run any code "
            f"({unsafe_globals(file) or first_line(error)}). "
            f"Save it again with nanoGPT's own train.py, or use weights as safetensors."
        ) from None
    except (OSError, RuntimeError, EOFError, IndexError, ValueError) as error:
        raise OSError(
            f"{file} cannot be read ({first_line(error)}). It has {file.stat().st_size:,} "
            f"bytes; an incomplete copy looks like this."
        ) from None


def check_file_type(file: Path) -> None:
    """OSError for an empty file; ValueError for one that `torch.save` did not write."""
    with file.open("rb") as opened:
        first_bytes = opened.read(64)
    if not first_bytes:
        raise OSError(f"{file} is empty: 0 bytes. Copy or download it again.")
    if first_bytes.startswith((b"PK", b"\x80")):
        return
    if first_bytes.startswith(b"version https://git-lfs"):
        way_out = "It is a pointer of Git LFS; download the file itself with: git lfs pull"
    elif first_bytes.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        way_out = "It is a web page, perhaps a login: download the file itself."
    else:
        way_out = "Name the file that nanoGPT's train.py wrote: out/ckpt.pt."
    raise ValueError(
        f"{file} is not a checkpoint of PyTorch: it begins with {first_bytes[:20]!r}. {way_out}"
    )


def numpy_globals() -> list[Any]:
    """The functions that rebuild NumPy's scalars and arrays; none of them runs foreign code."""
    values: list[Any] = [np.zeros(1), np.float64(0.0)]
    rebuild = [value.__reduce__()[0] for value in values]
    named = [
        (function, f"numpy.{core}.multiarray.{function.__name__}")  # NumPy 1 and 2
        for function in rebuild
        for core in ("core", "_core")
    ]
    kinds = [type(np.dtype(letter)) for letter in NUMPY_KINDS]
    return [*named, np.ndarray, np.dtype, *kinds]


def unsafe_globals(file: Path) -> str:
    """The names of what a checkpoint holds besides tensors; "" if PyTorch cannot list them."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(file)
    except (ValueError, RuntimeError, pickle.UnpicklingError):
        return ""
    return ", ".join(sorted(name for name in names if not name.startswith("numpy.")))


def first_line(error: Exception) -> str:
    """The first line of a message, without the codes that colour it in a terminal."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__
