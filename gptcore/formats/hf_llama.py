"""The Llama family under Hugging Face's names: Llama, SmolLM2, TinyLlama, Mistral, Qwen2, Qwen3,
Mixtral.

There, query, key and value are three matrices, and gate and value of the MLP are two; here each
group is one. Their tables of angles are dropped, because the model computes them.
Source: `LlamaForCausalLM`, `Qwen2ForCausalLM`, `Qwen3ForCausalLM` and `MixtralForCausalLM` of
    transformers, whose logits are the test.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from gptcore.formats.hf_config import HFConfig
from gptcore.formats.hf_llama_config import fields_from_hf, hf_model_type, to_hf_config
from gptcore.formats.weights import StateDict

OUTER_NAMES = {  # theirs -> ours
    "embed_tokens.weight": "wte.weight",
    "norm.weight": "ln_f.weight",
    "lm_head.weight": "lm_head.weight",
}
NORM_NAMES = {  # theirs -> ours, in a layer
    "input_layernorm.weight": "ln_1.weight",
    "post_attention_layernorm.weight": "ln_2.weight",
    "self_attn.q_norm.weight": "attn.q_norm.weight",
    "self_attn.k_norm.weight": "attn.k_norm.weight",
    "block_sparse_moe.gate.weight": "mlp.router.weight",
}
MATRIX_NAMES = {  # ours -> theirs, joined along the first axis; each has a weight, perhaps a bias
    "attn.c_attn": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "attn.c_proj": ("self_attn.o_proj",),
    "mlp.c_fc": ("mlp.gate_proj", "mlp.up_proj"),
    "mlp.c_proj": ("mlp.down_proj",),
}
EXPERT_NAMES = {"mlp.c_fc": ("w1", "w3"), "mlp.c_proj": ("w2",)}


def llama_from_hf(hf_config: HFConfig, tensors: StateDict) -> tuple[dict[str, Any], StateDict]:
    """Translate a model of the Llama family.

    Args:
        hf_config: The content of `config.json`.
        tensors: The state dict in Hugging Face's layout; it is emptied, to save memory.

    Returns:
        The fields of `GPTConfig`, and the tensors under our names.

    Raises:
        ValueError: If the config has a setting that we do not compute.
    """
    fields = fields_from_hf(hf_config)
    for name in [name for name in tensors if name.endswith("rotary_emb.inv_freq")]:
        del tensors[name]
    ours: StateDict = {}
    prefix = "model." if "model.embed_tokens.weight" in tensors else ""  # none in a base model
    for theirs, mine in OUTER_NAMES.items():
        name = theirs if mine.startswith("lm_head") else prefix + theirs
        if name in tensors:
            ours[mine] = tensors.pop(name)
    for layer in range(fields["n_layer"]):
        name, matrices = f"{prefix}layers.{layer}.", MATRIX_NAMES
        if fields["activation"] == "relu2":
            drop_equal_gate(f"{name}mlp.", tensors)
            matrices = MATRIX_NAMES | {"mlp.c_fc": ("mlp.up_proj",)}
        its_tensors = layer_from_hf(name, fields["n_experts"], tensors, matrices)
        ours |= {f"h.{layer}.{name}": tensor for name, tensor in its_tensors.items()}
    return fields, {**ours, **tensors}  # what is left is unknown; the check of names says so


def layer_from_hf(
    prefix: str,
    n_experts: int | None,
    tensors: StateDict,
    matrices: Mapping[str, tuple[str, ...]] = MATRIX_NAMES,
) -> StateDict:
    """The tensors of one layer under our names; they are removed from `tensors`.

    Args:
        prefix: What their names begin with, such as "model.layers.0.".
        n_experts: Number of experts; None for one MLP.
        tensors: The state dict in Hugging Face's layout.
        matrices: Our name of each matrix, and theirs of its parts.
    """
    ours: StateDict = {}

    def take(mine: str, theirs: list[str]) -> None:
        """Join tensors along the first axis, if all of them are there."""
        if all(prefix + name in tensors for name in theirs):
            parts = [tensors.pop(prefix + name) for name in theirs]
            ours[mine] = parts[0] if len(parts) == 1 else torch.cat(parts)

    for theirs, mine in NORM_NAMES.items():
        take(mine, [theirs])
    for mine, parts in matrices.items():
        for kind in ("weight", "bias"):
            take(f"{mine}.{kind}", [f"{part}.{kind}" for part in parts])
    for mine, parts in EXPERT_NAMES.items():
        for expert in range(n_experts or 0):
            names = [f"block_sparse_moe.experts.{expert}.{part}.weight" for part in parts]
            take(f"{mine}.{expert}", names)
        experts = [ours.pop(f"{mine}.{e}") for e in range(n_experts or 0) if f"{mine}.{e}" in ours]
        if experts:
            ours[mine] = torch.stack(experts)  # (E, out, in)
    return ours


def drop_equal_gate(prefix: str, tensors: StateDict) -> None:
    """Remove the gate of an MLP whose value is the same: relu(x) * x needs only one.

    Args:
        prefix: What the names of its tensors begin with.
        tensors: The state dict in Hugging Face's layout.

    Raises:
        ValueError: If gate and value differ.
    """
    for kind in ("weight", "bias"):
        gate, up = tensors.get(f"{prefix}gate_proj.{kind}"), tensors.get(f"{prefix}up_proj.{kind}")
        if gate is not None and up is not None and not torch.equal(gate, up):
            raise ValueError(
                f"config.json has hidden_act='relu', which is supported where gate and value are "
                f"equal (ReLU squared); {prefix}gate_proj and {prefix}up_proj differ."
            )
        tensors.pop(f"{prefix}gate_proj.{kind}", None)


def llama_to_hf(fields: dict[str, Any], tensors: StateDict) -> tuple[HFConfig, StateDict]:
    """Translate a model into one that transformers loads as Llama, Mistral, Qwen or Mixtral.

    RMSNorms without a weight get ones, ReLU squared becomes relu(x) * x with a gate that equals the
    value, and interleaved rotation becomes one of halves: all compute the same.

    Args:
        fields: The fields of `GPTConfig`.
        tensors: The state dict, without a tied head.

    Returns:
        The content of `config.json`, and the tensors in Hugging Face's layout.

    Raises:
        ValueError: If the family has no such model.
    """
    kind = hf_model_type(fields)
    outer = {mine: theirs for theirs, mine in OUTER_NAMES.items()}
    hf: StateDict = {}
    for name, tensor in tensors.items():
        if name.startswith("h."):
            _, layer, inner = name.split(".", 2)
            parts = layer_tensor_to_hf(inner, tensor, fields)
            hf |= {f"model.layers.{layer}.{theirs}": part for theirs, part in parts.items()}
        else:
            hf["lm_head.weight" if name == "lm_head.weight" else f"model.{outer[name]}"] = tensor
    if not fields["rmsnorm_weight"]:
        hf |= weights_of_one(fields, like=tensors["wte.weight"])
    return to_hf_config(fields, kind), hf


def layer_tensor_to_hf(name: str, tensor: Tensor, fields: dict[str, Any]) -> StateDict:
    """One tensor of a layer -> those that it becomes, by their names in the layer.

    Args:
        name: Our name in the layer, such as "attn.c_attn.weight".
        tensor: The tensor.
        fields: The fields of `GPTConfig`.
    """
    norms = {mine: theirs for theirs, mine in NORM_NAMES.items()}
    if name in norms:
        return {norms[name]: tensor}
    if name in EXPERT_NAMES:
        parts = EXPERT_NAMES[name]
        return {
            f"block_sparse_moe.experts.{e}.{part}.weight": piece
            for e, expert in enumerate(tensor)
            for part, piece in zip(parts, expert.chunk(len(parts)))
        }
    matrix, _, kind = name.rpartition(".")
    names = MATRIX_NAMES[matrix]
    if matrix == "mlp.c_fc" and fields["activation"] == "relu2":
        return {f"{part}.{kind}": tensor.clone() for part in names}  # files share no memory
    if matrix != "attn.c_attn":
        return {f"{part}.{kind}": piece for part, piece in zip(names, tensor.chunk(len(names)))}
    H, K = fields["n_head"], fields["n_kv_head"] or fields["n_head"]
    D = fields["head_size"] or fields["n_embd"] // H
    q, k, v = torch.split(tensor, [H * D, K * D, K * D])
    if fields["rope_interleaved"]:
        q, k = to_halves(q, H), to_halves(k, K)
    return {f"{part}.{kind}": piece for part, piece in zip(names, (q, k, v))}


def weights_of_one(fields: dict[str, Any], like: Tensor) -> StateDict:
    """The weights of all RMSNorms of a model whose norms have none.

    Args:
        fields: The fields of `GPTConfig`.
        like: A tensor of their dtype.
    """
    C, D = fields["n_embd"], fields["head_size"] or fields["n_embd"] // fields["n_head"]
    sizes = {"input_layernorm": C, "post_attention_layernorm": C}
    sizes |= {"self_attn.q_norm": D, "self_attn.k_norm": D} if fields["qk_norm"] else {}
    return {"model.norm.weight": like.new_ones(C)} | {
        f"model.layers.{layer}.{norm}.weight": like.new_ones(size)
        for layer in range(fields["n_layer"])
        for norm, size in sizes.items()
    }


def to_halves(weight: Tensor, n_heads: int) -> Tensor:
    """Reorder the rows of q or k, so that rotating halves equals rotating neighbours.

    Args:
        weight: Weight or bias of q or k, shape (heads * D, ...).
        n_heads: Number of heads.
    """
    pairs = torch.unflatten(weight, 0, (n_heads, -1, 2))  # (heads, D/2, 2, ...)
    return pairs.transpose(1, 2).flatten(0, 2)  # (heads, 2, D/2, ...) -> (heads * D, ...)
