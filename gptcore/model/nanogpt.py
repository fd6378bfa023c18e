"""A checkpoint of nanoGPT: what its `train.py` leaves in `ckpt.pt`.

Names and shapes are ours but for a prefix. Its GELU is the exact one, not GPT-2's approximation.
It is a pickle, and is opened in PyTorch's mode for weights only, in which nothing of it runs.
Left out on purpose: the optimizer's state; to go on training belongs to a checkpoint of our own.
Source: karpathy/nanoGPT, `model.py` and `train.py`.
"""

import pickle
from pathlib import Path

import torch

from gptcore.model.config import GPTConfig
from gptcore.model.weights import Tensors

PREFIXES = ("_orig_mod.", "transformer.")  # of a compiled model; of nanoGPT's own folder of parts
SIZES = ("vocab_size", "block_size", "n_layer", "n_head", "n_embd")


def read_nanogpt(file: str | Path) -> tuple[GPTConfig, Tensors]:
    """Sizes and tensors of a checkpoint.

    Raises: ValueError for a file that holds something else; OSError for one that is not whole.
    """
    checkpoint = opened(Path(file))
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
    told = checkpoint["model_args"]
    missing = [name for name in SIZES if name not in told]
    if missing:
        raise ValueError(f"model_args of {file} lacks {', '.join(missing)}.")
    # Before nanoGPT had the switch, all its models had biases.
    config = GPTConfig(**{name: told[name] for name in SIZES}, bias=told.get("bias", True))
    tensors = {}
    for name, tensor in checkpoint["model"].items():
        for prefix in PREFIXES:
            name = name.removeprefix(prefix)
        if name != "lm_head.weight" and not name.endswith(".attn.bias"):  # tied; a causal mask
            tensors[name] = tensor
    return config, tensors


def opened(file: Path):
    """What `torch.save` wrote, as long as it is tensors and plain values."""
    if not file.is_file():
        raise ValueError(f"There is no file {file}; nanoGPT writes out/ckpt.pt.")
    try:
        return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ValueError(
            f"{file} holds more than tensors and plain values, and opening that could run anything "
            f"({str(error).splitlines()[0]}). "
            f"Save it again with nanoGPT's own train.py, or ask for safetensors."
        ) from None
    except (OSError, RuntimeError, EOFError) as error:
        raise OSError(
            f"{file} cannot be read ({str(error).splitlines()[0]}). It has {file.stat().st_size:,} "
            f"bytes; a copy that was cut short looks like this."
        ) from None
