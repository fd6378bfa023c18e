"""The stages of microgpt with their numbers, and of any GPT with its shapes, for `draw_model_map`.

What the map says of each stage is in `model_stages.toml`.
"""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gptcore.ladder import NumpyGPT, weights_of
from gptcore.ladder.numpy_backward import forward_pass, softmax
from gptcore.ladder.weights import Weights, flatten_weights
from gptcore.scalar import MicroGPT
from viz import ModelStage

if TYPE_CHECKING:
    from gptcore.model import GPTConfig

BLOCK = (
    *("norm_1", "q", "k", "v", "scores", "weights", "heads", "concatenation", "wo", "residual_1"),
    *("norm_2", "fc1", "activation", "fc2", "residual_2"),
)
LLAMA_BLOCK = (
    *("norm_1", "q", "k", "v", "q_norm", "k_norm", "rope_q", "rope_k", "scores", "weights"),
    *("heads", "concatenation", "wo", "residual_1", "norm_2", "router", "gate", "up"),
    *("gate_activation", "gated", "fc1", "activation", "fc2", "residual_2"),
)
STREAM = ("wte", "embedding", "norm_e", "residual_1", "residual_2", "norm_f")
PER_HEAD = ("q", "k", "v", "heads", "concatenation")  # each head has a part of their numbers
RMSNORM = "nn.RMSNorm(C, elementwise_affine=False)"


def microgpt_stages(text: str, run: MicroGPT | NumpyGPT) -> list[ModelStage]:
    """The stages of microgpt with the numbers of one text.

    Args:
        text: What follows BOS; its last character is at the last position.
        run: A model, trained or not.

    Returns:
        Stages for `draw_model_map`.

    Raises:
        ValueError: For a character that the model does not know, or a text that is too long.

    Example:
        >>> [stage.name for stage in microgpt_stages("em", MicroGPT(["emma"]))][:3]
        ['token', 'wte', 'wpe']
    """
    gpt, matrices = (run, weights_of(run)) if isinstance(run, MicroGPT) else (run.gpt, run.weights)
    ids, config = [gpt.BOS, *gpt.encode(text)], gpt.config
    if len(ids) > config.block_size:
        most = config.block_size - 1
        raise ValueError(f"{text!r} has {len(text)} characters; the model takes {most} after BOS.")
    vocabulary = [*gpt.characters, "[BOS]"]
    labels = dict.fromkeys(("logits", "probs"), vocabulary) | {
        "token": [vocabulary[i] for i in ids]
    }
    values = activations(ids, flatten_weights(matrices), config.n_head)
    stages: list[ModelStage] = []
    for name, layer in stage_order(config.n_layer, embedding_norm=True, final_norm=False):
        words, own = stage_words()[name], values[key_of(name, layer)]
        matrix = words.get("matrix", "")
        weight = matrices.get(f"{layer}.{matrix}" if name in BLOCK else matrix)
        names = {"gptcore": words["micro"].replace('"0.', f'"{layer}.')}
        names |= {"nanoGPT": words["nanogpt"].replace("h[0]", f"h[{layer}]")}
        names |= {"PyTorch": RMSNORM if words["op"] == "norm" else words["pytorch"]}
        if weight is not None:
            rows, columns = weight.shape
            names["parameters"] = f"{rows:,} × {columns:,} = {weight.size:,}"
        dims = words["dims"].replace("B ", "").replace("H T D", "T C")
        sizes = own.shape if name != "token" else own.shape[:1]
        stage = make_stage(
            *(name, layer, stages),
            names=names,
            shape=format_shape(dims.split(), sizes),
            values=own,
            weight=weight,
            weight_name=matrix,
            labels=labels.get(name, ()),
            heads=config.n_head if name in PER_HEAD else 1,
        )
        stages.append(stage)
    return stages


def gpt_stages(config: "GPTConfig", batch_size: int = 1) -> list[ModelStage]:
    """The stages of a GPT with the shapes of a whole batch; one block stands for all.

    Args:
        config: Sizes and switches of the model.
        batch_size: Texts in a batch (B).

    Returns:
        Stages for `draw_model_map(..., repeat=config.n_layer)`.

    Example:
        >>> from gptcore.model import GPTConfig
        >>> gpt_stages(GPTConfig(), batch_size=8)[-1].shape
        '(B, T, V) = (8, 1024, 50304)'
    """
    sizes = sizes_of(config, batch_size)
    stages: list[ModelStage] = []
    for name in gpt_order(config):
        words = dict(stage_words()[name])
        words |= gpt_words(name, words, config)
        names = {"gptcore": words["gpt"], "nanoGPT": words["nanogpt"]}
        if is_llama(config):
            names["Hugging Face"] = words["llama"]
        names |= {"PyTorch": pytorch_name(name, words, config)}
        names |= {"parameters": format_parameters(name, words, config, sizes)}
        dims = words["dims"].split()
        shape = format_shape(dims, [sizes[dim] for dim in dims])
        overridden = ("label", "op", "note", "inputs")
        given: dict[str, Any] = {key: words[key] for key in overridden if key in words}
        stages.append(make_stage(name, 0, stages, given, names=names, shape=shape))
    return stages


def is_llama(config: "GPTConfig") -> bool:
    """Whether Hugging Face's Llama, or one of its family, computes the same."""
    return config.rope and config.is_gated and config.norm == "rmsnorm"


def sizes_of(config: "GPTConfig", batch_size: int) -> dict[str, int]:
    """What each letter of a shape stands for."""
    C, H, K, D = config.n_embd, config.n_head, config.kv_heads, config.head_dim
    sizes = {"B": batch_size, "T": config.block_size, "C": C, "H": H, "K": K, "D": D}
    sizes |= {"V": config.vocab_size, "M": config.mlp_size, "4C": 4 * C, "HD": H * D, "KD": K * D}
    return sizes | {"E": config.n_experts or 0}


def gpt_order(config: "GPTConfig") -> list[str]:
    """The names of the stages of a model; one block stands for all."""
    absent = set()
    absent |= {"wpe", "embedding"} if config.rope else {"rope_q", "rope_k"}
    absent |= set() if config.qk_norm else {"q_norm", "k_norm"}
    gated = {"gate", "up", "gate_activation", "gated"}
    absent |= {"fc1", "activation"} if config.is_gated else gated
    absent |= set() if config.n_experts else {"router"}
    order = stage_order(1, config.norm_embeddings, config.final_norm, LLAMA_BLOCK)
    return [name for name, _ in order if name not in absent]


def gpt_words(name: str, words: dict[str, Any], config: "GPTConfig") -> dict[str, Any]:
    """What a model calls a stage, or does in it, otherwise than microgpt."""
    D, changed = config.head_dim, dict[str, Any]()
    if "gpt_label" in words:
        changed["label"] = words["gpt_label"]
    if name in ("scores", "heads", "q_norm", "k_norm", "rope_q", "rope_k"):
        changed["inputs"] = attention_inputs(name, config)
    if name == "activation" and config.activation != "relu":
        label = config.activation.removesuffix("_tanh").upper().replace("RELU2", "ReLU²")
        changed |= {"label": label.replace("SILU", "SiLU"), "op": "other"}
        changed["note"] = "The activation function is applied to each number by itself."
    if name == "gate_activation" and config.activation == "geglu":
        changed |= {"label": "GELU(gate)", "op": "other"}
        changed["note"] = "GELU is applied to each number of the gate by itself."
    if words["op"] == "norm" and config.norm == "layernorm" and name not in ("q_norm", "k_norm"):
        note = "LayerNorm: each vector gets mean 0 and variance 1; then each channel has a gain."
        changed |= {"op": "other", "note": note}
    elif words["op"] == "norm" and config.rmsnorm_weight:
        changed["note"] = f"{words['note']} Then each channel has a weight of its own."
    if name in ("k", "v") and config.kv_heads < config.n_head:
        shared = config.n_head // config.kv_heads
        changed |= {"dims": "B K T D", "matrix_dims": "KD C"}
        changed["note"] = f"{words['note']} {shared} heads of queries share one (GQA)."
    elif name == "q" and config.n_head * D != config.n_embd:
        changed["matrix_dims"] = "HD C"
    if name in ("k_norm", "rope_k") and config.kv_heads < config.n_head:
        changed["dims"] = "B K T D"
    if name in ("q", "k", "v") and config.kv_heads < config.n_head:
        part = {"q": "first H × D", "k": "next K × D", "v": "last K × D"}[name]
        changed["gpt"] = f"h[0].attn.c_attn, {part} rows"
    if config.n_head * D != config.n_embd and name in ("wo", "concatenation"):
        changed |= {"matrix_dims": "C HD"} if name == "wo" else {"dims": "B T HD"}
    if name in ("fc1", "activation", "fc2") and config.mlp_size != 4 * config.n_embd:
        changed["dims"] = words["dims"].replace("4C", "M")
        changed["matrix_dims"] = words.get("matrix_dims", "").replace("4C", "M")
    if name == "fc2" and config.is_gated:
        changed |= {"inputs": ["gated"], "matrix_dims": "C M", "dims": "B T C"}
        changed["note"] = words["note"].replace("4C", "M")
    if config.n_experts and name in ("fc1", "gate", "up", "fc2"):
        changed["note"] = (
            f"{changed.get('note', words['note'])} {config.n_experts} experts have one each; a "
            f"token passes through {config.experts_per_token} of them."
        )
    return changed


def attention_inputs(name: str, config: "GPTConfig") -> list[str]:
    """The stages that a stage of attention reads: queries and keys after the last change."""
    if name == "heads":
        return ["weights", "v"]
    if name in ("q_norm", "k_norm"):
        return [name[0]]
    normed = ["q_norm", "k_norm"] if config.qk_norm else ["q", "k"]
    if name == "scores":
        return ["rope_q", "rope_k"] if config.rope else normed
    return [normed[name == "rope_k"]]


def pytorch_name(name: str, words: dict[str, Any], config: "GPTConfig") -> str:
    """The layer of PyTorch that computes this stage."""
    if words["op"] == "norm" or words.get("label") == "norm":
        size = "D" if name in ("q_norm", "k_norm") else "C"
        if config.norm == "layernorm" and size == "C":
            return f"nn.LayerNorm(C, bias={config.bias})"
        return f"nn.RMSNorm({size})" if config.rmsnorm_weight else RMSNORM.replace("C", size, 1)
    if name == "activation":
        function = config.activation.removesuffix("_tanh").replace("relu2", "relu, squared")
        return f"F.{function}"
    if name == "gate_activation":
        return "F.gelu" if config.activation == "geglu" else "F.silu"
    pytorch = str(words["pytorch"])
    if "matrix_dims" in words and words["op"] == "linear" and name != "logits":
        rows, columns = (pytorch_size(dim) for dim in words["matrix_dims"].split())
        pytorch = pytorch.replace("nn.Linear(C, C)", f"nn.Linear({columns}, {rows})")
        pytorch = pytorch.replace("nn.Linear(C, 4 * C)", f"nn.Linear({columns}, {rows})")
        pytorch = pytorch.replace("nn.Linear(4 * C, C)", f"nn.Linear({columns}, {rows})")
    return pytorch.replace("H, D", "K, D") if words["dims"] == "B K T D" else pytorch


def pytorch_size(dim: str) -> str:
    """A size as a layer is given it: "HD" -> "H * D"."""
    return " * ".join(dim) if len(dim) > 1 else dim


def format_parameters(
    name: str, words: dict[str, Any], config: "GPTConfig", sizes: dict[str, int]
) -> str:
    """How many parameters the layer has: "768 × 768 + 768 = 590,592"."""
    if name.startswith("norm") and config.norm == "layernorm":
        C = config.n_embd
        return f"{C:,} + {C:,} = {2 * C:,}" if config.bias else f"{C:,}"
    if words["op"] == "norm" or name in ("q_norm", "k_norm"):
        size = config.head_dim if name in ("q_norm", "k_norm") else config.n_embd
        return f"{size:,}" if config.rmsnorm_weight else ""
    if "matrix" not in words:
        return ""
    if name == "logits" and config.tie_weights:
        return "none of its own: the matrix is wte"
    rows, columns = (sizes[dim] for dim in words["matrix_dims"].split())
    has_bias = config.bias or (config.qkv_bias and name in ("q", "k", "v"))
    bias = rows if has_bias and words["op"] == "linear" and name != "logits" else 0
    plus, count = f" + {bias:,}" if bias else "", rows * columns + bias
    in_expert = config.n_experts and name in ("fc1", "gate", "up", "fc2")
    times = f" in each of {config.n_experts} experts" if in_expert else ""
    return f"{rows:,} × {columns:,}{plus} = {count:,}{times}"


@cache
def stage_words() -> dict[str, dict[str, Any]]:
    """The tables of `model_stages.toml`; names that a stage lacks are ""."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    empty = {"micro": "", "pytorch": "", "llama": ""}
    return {name: empty | table for name, table in tables.items()}


def stage_order(
    n_layer: int, embedding_norm: bool, final_norm: bool, block: Sequence[str] = BLOCK
) -> list[tuple[str, int]]:
    """The names of the stages, each with its block."""
    first = ["token", "wte", "wpe", "embedding", *(["norm_e"] if embedding_norm else [])]
    last = [*(["norm_f"] if final_norm else []), "logits", "probs"]
    blocks = [(name, layer) for layer in range(n_layer) for name in block]
    return [*((name, 0) for name in first), *blocks, *((name, n_layer - 1) for name in last)]


def key_of(name: str, layer: int) -> str:
    """The name of a stage on the map; from the second block on it begins with the block."""
    return f"{layer}.{name}" if layer and name in BLOCK else name


def make_stage(
    name: str,
    layer: int,
    before: list[ModelStage],
    changed: Mapping[str, Any] | None = None,
    **more: Any,
) -> ModelStage:
    """The stage of that name; "x" among its inputs is the residual stream so far."""
    words = stage_words()[name] | dict(changed or {})
    stream = [stage.name for stage in before if stage.name.split(".")[-1] in STREAM]
    given: dict[str, Any] = {key: words[key] for key in ("op", "note", "title") if key in words}
    given |= {"label": words.get("label", name), "layer": layer}
    given["inputs"] = [
        stream[-1] if i == "x" else key_of(i, layer) for i in words.get("inputs", ())
    ]
    return ModelStage(key_of(name, layer), words["part"], **{**given, **more})


def format_shape(dims: list[str], sizes: Any) -> str:
    """For instance "(T, C) = (5, 16)"."""
    return f"({', '.join(dims)}) = ({', '.join(str(size) for size in sizes)})"


def activations(ids: list[int], weights: Weights, n_head: int) -> dict[str, Any]:
    """What each stage of microgpt computes: (T, n), or (H, T, T) for scores and weights."""
    cache = forward_pass(np.array(ids), weights, n_head)
    T = len(ids)
    wte, wpe = weights.wte[ids], weights.wpe[:T]
    values = {"token": np.array(ids)[:, None], "wte": wte, "wpe": wpe, "embedding": wte + wpe}
    values["norm_e"] = x = cache.embedding
    for layer, (attention, mlp) in enumerate(cache.blocks):
        q, k, v = (heads.transpose(1, 0, 2).reshape(T, -1) for heads in attention.qkv)  # (T, C)
        block = {"norm_1": attention.normed, "q": q, "k": k, "v": v, "scores": attention.scores}
        block |= {"weights": attention.probs, "heads": attention.merged_heads}
        block |= {"concatenation": attention.merged_heads, "wo": attention.output}
        block["residual_1"] = x = x + attention.output
        block |= {"norm_2": mlp.normed, "fc1": mlp.normed @ weights.blocks[layer].fc1.T}
        block |= {"activation": mlp.hidden, "fc2": mlp.output}
        block["residual_2"] = x = x + mlp.output
        values |= {key_of(name, layer): numbers for name, numbers in block.items()}
    logits = x @ weights.lm_head.T  # (T, C) @ (C, V) -> (T, V)
    return {**values, "logits": logits, "probs": softmax(logits)}
