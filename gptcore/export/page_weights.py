"""What a page needs of a model: its sizes as JSON, its weights as bytes.

Architectures that `assets/gpt.js` does not compute are refused.
"""

from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from gptcore.checks import check_choice
from gptcore.model import GPT
from gptcore.model.gpt import evaluating
from gptcore.model.rope import attention_factor, rotation_frequencies

DTYPES = {"float16": torch.float16, "float32": torch.float32}
TRAINING_ONLY = (
    *("dropout", "use_sdpa", "zero_init_proj", "init_by_width"),
    *("n_experts", "experts_per_token", "router_aux_loss_coef"),
)


def describe_model(model: GPT, dtype: str) -> tuple[dict[str, Any], bytes]:
    """The arguments of `new GPT(...)` in `assets/gpt.js`.

    Args:
        model: What `ready_model` returns, without experts.
        dtype: "float16" or "float32".

    Returns:
        `config`, `dtype` and `tensors` (name and size of each, in the order of the bytes), for
        JSON; and the bytes of the weights, little-endian.

    Raises:
        ValueError: If the page cannot hold the model.
    """
    check_choice(dtype, "dtype", DTYPES)
    check_architecture(model)
    with evaluating(model):
        tensors = model.unique_state_dict()
        content = b"".join(weight_bytes(name, tensor, dtype) for name, tensor in tensors.items())
    sizes = [[name, tensor.numel()] for name, tensor in tensors.items()]
    return {"config": page_config(model), "dtype": dtype, "tensors": sizes}, content


def check_architecture(model: GPT) -> None:
    """Raise ValueError for a model that `assets/gpt.js` does not compute.

    Args:
        model: A GPT.
    """
    if model.config.n_experts is not None:
        raise ValueError(
            f"A page cannot run a mixture of experts, and this model has n_experts="
            f"{model.config.n_experts}. Export it as a Hugging Face folder, or train a model "
            f"with n_experts=None."
        )


def page_config(model: GPT) -> dict[str, Any]:
    """The fields of `GPTConfig` with nothing left to compute, and the frequencies of RoPE.

    Args:
        model: A GPT.
    """
    config = model.effective_config()
    fields = {name: value for name, value in asdict(config).items() if name not in TRAINING_ONLY}
    del fields["rope_scaling"]  # it is in the frequencies
    fields |= {"n_kv_head": config.kv_heads, "head_size": config.head_dim}
    fields |= {"intermediate_size": config.mlp_size}
    if config.rope:
        scaling = config.rope_scaling
        frequencies = rotation_frequencies(config.head_dim, config.rope_theta, scaling)
        fields |= {"rope_frequencies": frequencies.tolist()}
        fields |= {"rope_length": attention_factor(scaling)}
    return fields


def weight_bytes(name: str, tensor: Tensor, dtype: str) -> bytes:
    """The numbers of a tensor, little-endian.

    Args:
        name: Of the tensor, for the error.
        tensor: Any shape.
        dtype: "float16" or "float32".

    Raises:
        ValueError: If a number is not finite, or float16 cannot hold it.
    """
    numbers = tensor.detach().cpu().float()
    if not numbers.isfinite().all():
        raise ValueError(
            f"{name} has a number that is not finite (NaN or infinite), so the model computes "
            f"nothing. Export an earlier checkpoint."
        )
    narrow = numbers.to(DTYPES[dtype])
    if not narrow.isfinite().all():
        raise ValueError(
            f"{name} has a number of size {float(numbers.abs().max()):,.0f}, and float16 ends at "
            f"65,504. Set dtype to 'float32'; the page is then twice as large."
        )
    array = narrow.numpy()
    return array.astype(array.dtype.newbyteorder("<")).tobytes()
