"""A GPT with weights of 8 or 4 bits: made from a plain one, stored, and loaded again.

Linear layers are quantized. The token embedding and the head have 8 bits in either case: in 4 bits
they would do more harm than all blocks. Norms, biases, learned positions and experts stay float32.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gptcore.checks import as_path
from gptcore.formats.weights import WEIGHTS_NAME, load_tensors, write_model
from gptcore.json_text import parse_json
from gptcore.model import GPT, GPTConfig
from gptcore.model.adapters.lora_linear import LoRALinear
from gptcore.quantization.kernels import INT8, find_kernel, pack_int4, unpack_int4
from gptcore.quantization.layers import QuantizedEmbedding, QuantizedLinear, shares_weights
from gptcore.quantization.rounding import (
    QuantizedWeight,
    check_group_size,
    quantize_int4,
    quantize_int8,
)

HEADER = "quantized_model"  # the entry in the header of model.safetensors
PARTS = (".q", ".scale", ".middle")
EMBEDDING, HEAD = "wte", "lm_head"
OF_8_BITS = [kernel.name for kernel in INT8]
ROWS_OF_4_BITS = 16  # PyTorch's kernel takes a multiple of so many


def quantize(model: GPT, bits: int = 8, *, group_size: int = 32, kernel: str | None = None) -> GPT:
    """A model with the linear layers of another one in 8 or 4 bits; the other one is unchanged.

    A layer has 8 bits if `group_size` does not divide its inputs, or 16 its outputs.

    Args:
        model: In 16 or 32 bits. What is not quantized is shared with it, as far as it is float32.
        bits: 8 or 4.
        group_size: With 4 bits: how many numbers share a scale: 32, 64, 128 or 256.
        kernel: How this processor multiplies, a name in `KERNELS`; None measures which is fastest.

    Returns:
        A model in eval mode that computes in float32.

    Raises:
        ValueError: For other bits, or a model with LoRA adapters.

    Example:
        >>> quantized_kernels(quantize(model, 8, kernel="int8_float"))
        {8: 'int8_float'}
    """
    if bits not in (8, 4):
        raise ValueError(f"bits={bits!r} must be 8 or 4.")
    check_group_size(group_size)
    if kernel is not None:
        find_kernel(kernel, bits)
    weights: dict[str, QuantizedWeight] = {}
    for name, module in model.named_modules():
        if isinstance(module, LoRALinear):
            raise ValueError(
                "The model has LoRA adapters, which are not quantized. Give the merged model: "
                "quantize(merge_lora(model))."
            )
        if isinstance(module, (nn.Linear, nn.Embedding)) and name not in (HEAD, "wpe"):
            weight = module.weight
            fits = weight.shape[1] % group_size == 0 and weight.shape[0] % ROWS_OF_4_BITS == 0
            in_4_bits = bits == 4 and name != EMBEDDING and fits
            weights[name] = (
                quantize_int4(weight, group_size) if in_4_bits else quantize_int8(weight)
            )
    if not model.is_tied:
        weights[HEAD] = quantize_int8(model.lm_head.weight)
    rest = {
        name: tensor.float()
        for name, tensor in model.state_dict().items()
        if name.rpartition(".")[0] not in {*weights, HEAD} or name.endswith(".bias")
    }
    return build(model.effective_config(), weights, rest, kernels_of(kernel))


def kernels_of(kernel: str | None) -> dict[int, str | None]:
    """The kernel for 8 and for 4 bits; one that is chosen for 4 bits goes with the same for 8."""
    if kernel is not None and kernel.endswith("_float"):
        return {8: "int8_float", 4: "int4_float"}
    return {8: kernel, 4: None} if kernel in OF_8_BITS else {8: None, 4: kernel}


def build(
    config: GPTConfig,
    weights: dict[str, QuantizedWeight],
    rest: dict[str, Tensor],
    kernels: dict[int, str | None],
) -> GPT:
    """A GPT of quantized layers and float32 tensors.

    Args:
        config: Its sizes.
        weights: By the name of the layer; without a head it is the embedding.
        rest: All other tensors, by name.
        kernels: For 8 and 4 bits a kernel, if it was chosen.
    """
    with torch.device("meta"):
        model = GPT(config)
    embedding = weights[EMBEDDING]
    for name, weight in {HEAD: embedding, **weights}.items():
        if name != EMBEDDING:
            kernel = find_kernel(kernels.get(weight.bits), weight.bits)
            layer = QuantizedLinear(weight, rest.pop(f"{name}.bias", None), kernel)
            model.set_submodule(name, layer)
    model.wte = QuantizedEmbedding(embedding)  # type: ignore[assignment]
    model.load_state_dict(rest, strict=False, assign=True)
    left = [name for name, tensor in model.named_parameters() if tensor.is_meta]
    if left:
        raise ValueError(f"The quantized model lacks {', '.join(left[:5])}.")
    return model.eval().requires_grad_(False)


def quantized_layers(model: nn.Module) -> dict[str, QuantizedLinear]:
    """The quantized layers of a model by name; none for a plain model.

    Args:
        model: Any module.

    Example:
        >>> quantized_layers(model)
        {}
    """
    modules = model.named_modules()
    return {name: layer for name, layer in modules if isinstance(layer, QuantizedLinear)}


def quantized_kernels(model: nn.Module) -> dict[int, str]:
    """Which kernel multiplies by the weights of 8 and of 4 bits; empty for a plain model.

    Args:
        model: Any module.

    Example:
        >>> quantized_kernels(model)
        {}
    """
    # Trap: `layer.quantized` unpacks the whole matrix, which takes seconds.
    names = {layer.kernel.name for layer in quantized_layers(model).values()}
    return {8 if name in OF_8_BITS else 4: name for name in sorted(names)}


def weight_bytes(model: nn.Module) -> int:
    """Bytes of all weights in memory, each shared one once.

    Args:
        model: Plain or quantized.

    Example:
        >>> weight_bytes(quantize(model)) < weight_bytes(model)
        True
    """
    tensors: list[Tensor] = [*model.parameters(), *model.buffers()]
    for module in model.modules():
        if isinstance(module, QuantizedLinear):
            tensors += module.packed
        elif isinstance(module, QuantizedEmbedding):
            tensors += [module.quantized.q, module.quantized.scale]
    return sum({tensor.data_ptr(): tensor.nbytes for tensor in tensors}.values())


def save_quantized(model: GPT, folder: str | Path) -> None:
    """Write a quantized model as `model.safetensors` and `config.json`, for any processor.

    Args:
        model: What `quantize` returned.
        folder: Is created if it does not exist.

    Raises:
        ValueError: If the model is not quantized.

    Example:
        >>> save_quantized(quantize(model), "out")
        >>> load_quantized("out").config == model.config
        True
    """
    layers = quantized_layers(model)
    if not layers or not isinstance(model.wte, QuantizedEmbedding):
        raise ValueError("The model is not quantized. Write it by model.save(folder).")
    weights = {EMBEDDING: model.wte.quantized}
    for name, layer in layers.items():
        if name != HEAD or not shares_weights(layer, model.wte):
            weights[name] = layer.quantized
    tensors = dict(model.state_dict())
    for name, weight in weights.items():
        packed = (weight.q, weight.scale) if weight.bits == 8 else pack_int4(weight)
        tensors |= {f"{name}{part}": tensor for part, tensor in zip(PARTS, packed)}
    config = asdict(model.config)
    metadata = {HEADER: json.dumps(config)}
    write_model(as_path(folder, "The folder"), tensors, config, metadata)


def load_quantized(folder: str | Path, *, kernel: str | None = None) -> GPT:
    """Load what `save_quantized` wrote.

    Args:
        folder: What was given to it.
        kernel: How this processor multiplies, a name in `KERNELS`; None measures which is fastest.

    Returns:
        The model, in eval mode.

    Raises:
        ValueError: If `save_quantized` did not write the folder, or there is no such kernel.
        OSError: If the file is missing or incomplete.

    Example:
        >>> save_quantized(quantize(model, 4), "out")
        >>> weight_bytes(load_quantized("out")) < weight_bytes(model)
        True
    """
    file = as_path(folder, "The folder") / WEIGHTS_NAME
    tensors, metadata = load_tensors(file)
    if HEADER not in metadata:
        raise ValueError(
            f"{file} is not a quantized model of gptcore. Load it by GPT.load or GPT.from_hf, "
            f"then quantize(model)."
        )
    weights: dict[str, QuantizedWeight] = {}
    for name in [n.removesuffix(".q") for n in tensors if n.endswith(".q")]:
        packed = tuple(tensors.pop(f"{name}{part}") for part in PARTS if f"{name}{part}" in tensors)
        weights[name] = QuantizedWeight(*packed) if len(packed) == 2 else unpack_int4(packed)
    fields: dict[str, Any] = parse_json(metadata[HEADER])
    bits = min(weight.bits for weight in weights.values())
    if kernel is not None:
        find_kernel(kernel, bits)
    return build(GPTConfig(**fields), weights, tensors, kernels_of(kernel))


def is_quantized_folder(folder: str | Path) -> bool:
    """Whether `save_quantized` wrote a folder.

    Args:
        folder: Any folder, which may not exist.

    Example:
        >>> is_quantized_folder("nowhere")
        False
    """
    file = Path(folder) / WEIGHTS_NAME
    if not file.is_file():
        return False
    from safetensors import safe_open  # noqa: PLC0415 - loads PyTorch

    with safe_open(file, framework="pt") as opened:
        return HEADER in (opened.metadata() or {})
