"""What a page needs of a model: its sizes as JSON, its weights as bytes.

Architectures that `assets/gpt.js` does not compute are refused.
"""

from dataclasses import asdict, replace
from typing import Any

import torch
from torch import Tensor

from gptcore.checks import check_choice
from gptcore.model import GPT
from gptcore.model.adapters.lora_linear import LoRALinear
from gptcore.model.gpt import evaluating
from gptcore.model.rope import attention_factor, rotation_frequencies
from gptcore.quantization.quantized_model import quantized_layers

DTYPES = {"float16": torch.float16, "float32": torch.float32}
PADDED = ("wte.weight", "lm_head.weight")  # their rows are tokens
TRAINING_ONLY = (
    *("dropout", "use_sdpa", "zero_init_proj", "init_by_width"),
    *("n_experts", "experts_per_token", "router_aux_loss_coef"),
)


def describe_model(model: GPT, vocab_size: int, dtype: str) -> tuple[dict[str, Any], bytes]:
    """The arguments of `new GPT(...)` in `assets/gpt.js`.

    Args:
        model: Any GPT without experts, LoRA adapters and quantized layers.
        vocab_size: Tokens of the tokenizer; a vocabulary that was padded is cut to them.
        dtype: "float16" or "float32".

    Returns:
        `config`, `dtype` and `tensors` (name and size of each, in the order of the bytes), for
        JSON; and the bytes of the weights, little-endian.

    Raises:
        ValueError: If the page cannot hold the model.
    """
    check_choice(dtype, "dtype", DTYPES)
    check_architecture(model)
    if model.config.vocab_size < vocab_size:
        raise ValueError(
            f"The tokenizer has {vocab_size:,} tokens and the model has vocab_size="
            f"{model.config.vocab_size:,}. Give the tokenizer that the model was trained with."
        )
    with evaluating(model):
        tensors = {
            name: tensor[:vocab_size] if name in PADDED else tensor
            for name, tensor in model.unique_state_dict().items()
        }
        content = b"".join(weight_bytes(name, tensor, dtype) for name, tensor in tensors.items())
    sizes = [[name, tensor.numel()] for name, tensor in tensors.items()]
    return {"config": page_config(model, vocab_size), "dtype": dtype, "tensors": sizes}, content


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
    adapted = [name for name, layer in model.named_modules() if isinstance(layer, LoRALinear)]
    if adapted:
        raise ValueError(
            f"A page has no place for LoRA adapters, and {adapted[0]} has one. Export the merged "
            f"model: export_page(merge_lora(model), ...)."
        )
    if quantized_layers(model):
        raise ValueError(
            "A page holds weights of 16 or 32 bits, and this model is quantized. Export the model "
            "from which it was made."
        )


def page_config(model: GPT, vocab_size: int) -> dict[str, Any]:
    """The fields of `GPTConfig` with nothing left to compute, and the frequencies of RoPE.

    Args:
        model: A GPT.
        vocab_size: Tokens of the page.
    """
    config = replace(model.effective_config(), vocab_size=vocab_size)
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
