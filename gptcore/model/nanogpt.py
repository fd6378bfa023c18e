"""A checkpoint of nanoGPT: what its `train.py` leaves in `ckpt.pt`.

Names and shapes are ours but for a prefix. Its GELU is the exact one, not GPT-2's approximation.
It is a pickle, and is opened in PyTorch's mode for weights only, in which nothing of it runs.
Left out on purpose: the optimizer's state; to go on training belongs to a checkpoint of our own.
Source: karpathy/nanoGPT, `model.py` and `train.py`.
"""

import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gptcore.model.config import GPTConfig
from gptcore.model.weights import Tensors

SIZES = ("vocab_size", "block_size", "n_layer", "n_head", "n_embd")
SWITCHES = ("bias", "dropout")  # what it dropped in training is not taken over

NUMPY_KINDS = "?bBhHiIlLqQefdFDUS"  # the letters of NumPy's booleans, numbers and strings


def read_nanogpt(file: Path) -> tuple[GPTConfig, Tensors]:
    """Sizes and tensors of a checkpoint.

    Raises: ValueError for a file that holds something else; OSError for one that is not whole.
    """
    checkpoint = opened(file)
    if not isinstance(checkpoint, dict) or not {"model", "model_args"} <= set(checkpoint):
        has = (
            f"the keys {', '.join(map(str, checkpoint))}"
            if isinstance(checkpoint, dict)
            else "none"
        )
        raise ValueError(
            f"{file} is no checkpoint of nanoGPT: that has the keys model and model_args, this has "
            f"{has}. The weights alone do not tell n_head."
        )
    return config_of(checkpoint["model_args"], file), tensors_of(checkpoint["model"], file)


def config_of(model_args, file: Path) -> GPTConfig:
    """Raises: ValueError for a size that is missing, and for a setting that we do not know."""
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
    return GPTConfig(**sizes, bias=model_args.get("bias", True))


def tensors_of(weights, file: Path) -> Tensors:
    """Raises: ValueError for what is not a tensor."""
    if not isinstance(weights, dict):
        raise ValueError(f"model of {file} must be a dictionary of tensors; got {weights!r:.60}.")
    for name, tensor in weights.items():
        if not isinstance(tensor, torch.Tensor):
            raise ValueError(
                f"{name} of {file} is a {type(tensor).__name__}, and must be a tensor."
            )
    return dict(weights)


def opened(file: Path):
    """What `torch.save` wrote, as long as it is tensors, NumPy's numbers and plain values."""
    if not file.is_file():
        raise ValueError(f"There is no file {file}; nanoGPT writes out/ckpt.pt.")
    check_begin(file)
    try:
        with torch.serialization.safe_globals(numpy_globals()):
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{file} holds more than tensors and plain values, and opening that could run anything "
            f"({what_else(file) or plain_line(error)}). "
            f"Save it again with nanoGPT's own train.py, or ask for safetensors."
        ) from None
    except (OSError, RuntimeError, EOFError, IndexError, ValueError) as error:
        raise OSError(
            f"{file} cannot be read ({plain_line(error)}). It has {file.stat().st_size:,} "
            f"bytes; a copy that was cut short looks like this."
        ) from None


def check_begin(file: Path) -> None:
    """Raises: OSError for an empty file; ValueError for one that `torch.save` did not write."""
    with file.open("rb") as opened_file:
        begin = opened_file.read(64)
    if not begin:
        raise OSError(f"{file} is empty: 0 bytes. Copy or download it again.")
    if begin.startswith((b"PK", b"\x80")):
        return
    if begin.startswith(b"version https://git-lfs"):
        way_out = "It is a pointer of Git LFS; the file itself comes with: git lfs pull"
    elif begin.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        way_out = "It is a page of a web site, perhaps a login: download the file itself."
    else:
        way_out = "Name the file that nanoGPT's train.py wrote: out/ckpt.pt."
    raise ValueError(
        f"{file} is not a checkpoint of PyTorch: it begins with {begin[:20]!r}. {way_out}"
    )


def numpy_globals() -> list:
    """What makes NumPy's scalars and arrays when a checkpoint is read; none of it runs anything."""
    values: list[Any] = [np.zeros(1), np.float64(0.0)]
    makers = [value.__reduce__()[0] for value in values]
    named = [
        (maker, f"numpy.{core}.multiarray.{maker.__name__}")  # NumPy 1 and 2
        for maker in makers
        for core in ("core", "_core")
    ]
    kinds = [type(np.dtype(letter)) for letter in NUMPY_KINDS]
    return [*named, np.ndarray, np.dtype, *kinds]


def what_else(file: Path) -> str:
    """The names of what a checkpoint holds besides tensors; "" where PyTorch cannot tell."""
    try:
        names = torch.serialization.get_unsafe_globals_in_checkpoint(file)
    except (ValueError, RuntimeError, pickle.UnpicklingError):
        return ""
    return ", ".join(sorted(name for name in names if not name.startswith("numpy.")))


def plain_line(error: Exception) -> str:
    """The first line of a message, without the codes that colour it in a terminal."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
    return lines[0] if lines else type(error).__name__
