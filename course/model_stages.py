"""The stages of microgpt with their numbers, and of a GPT with its shapes, for `draw_model_map`.

What the map says of each stage is in `model_stages.toml`.
"""

import tomllib
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
    vocabulary = [*gpt.characters, "BOS"]
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
    sizes = {"B": batch_size, "T": config.block_size, "C": config.n_embd, "H": config.n_head}
    sizes |= {"D": config.head_dim, "V": config.vocab_size, "4C": 4 * config.n_embd}
    stages: list[ModelStage] = []
    for name, _ in stage_order(1, config.norm_embeddings, config.final_norm):
        if config.rope and name in ("wpe", "embedding"):
            continue  # positions rotate queries and keys instead
        words = stage_words()[name]
        names = {"gptcore": words["gpt"], "nanoGPT": words["nanogpt"]}
        names |= {"PyTorch": pytorch_name(name, words, config)}
        names |= {"parameters": format_parameters(name, words, config, sizes)}
        dims = words["dims"].split()
        shape = format_shape(dims, [sizes[dim] for dim in dims])
        more = gpt_words(name, words, config)
        stages.append(make_stage(name, 0, stages, names=names, shape=shape, **more))
    return stages


def gpt_words(name: str, words: dict[str, Any], config: "GPTConfig") -> dict[str, str]:
    """What a GPT calls a stage, or does in it, otherwise than microgpt."""
    if name == "activation" and config.activation != "relu":
        label = config.activation.removesuffix("_tanh").upper().replace("RELU2", "ReLU²")
        note = "The activation function is applied to each number by itself."
        return {"label": label, "op": "other", "note": note}
    if words["op"] == "norm" and config.norm == "layernorm":
        note = "LayerNorm: each vector gets mean 0 and variance 1; then each channel has a gain."
        return {"op": "other", "note": note}
    return {"label": words["gpt_label"]} if "gpt_label" in words else {}


def pytorch_name(name: str, words: dict[str, Any], config: "GPTConfig") -> str:
    """The layer of PyTorch that computes this stage."""
    if words["op"] == "norm":
        return f"nn.LayerNorm(C, bias={config.bias})" if config.norm == "layernorm" else RMSNORM
    if name == "activation":
        function = config.activation.removesuffix("_tanh").replace("relu2", "relu, squared")
        return f"F.{function}"
    return str(words["pytorch"])


def format_parameters(
    name: str, words: dict[str, Any], config: "GPTConfig", sizes: dict[str, int]
) -> str:
    """How many parameters the layer has: "768 × 768 + 768 = 590,592"."""
    if words["op"] == "norm" and config.norm == "layernorm":
        C = config.n_embd
        return f"{C:,} + {C:,} = {2 * C:,}" if config.bias else f"{C:,}"
    if "matrix" not in words:
        return ""
    if name == "logits" and config.tie_weights:
        return "none of its own: the matrix is wte"
    rows, columns = (sizes[dim] for dim in words["matrix_dims"].split())
    bias = rows if config.bias and words["op"] == "linear" and name != "logits" else 0
    plus = f" + {bias:,}" if bias else ""
    return f"{rows:,} × {columns:,}{plus} = {rows * columns + bias:,}"


@cache
def stage_words() -> dict[str, dict[str, Any]]:
    """The tables of `model_stages.toml`; names that a stage lacks are ""."""
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {name: {"micro": "", "pytorch": ""} | table for name, table in tables.items()}


def stage_order(n_layer: int, embedding_norm: bool, final_norm: bool) -> list[tuple[str, int]]:
    """The names of the stages, each with its block."""
    first = ["token", "wte", "wpe", "embedding", *(["norm_e"] if embedding_norm else [])]
    last = [*(["norm_f"] if final_norm else []), "logits", "probs"]
    blocks = [(name, layer) for layer in range(n_layer) for name in BLOCK]
    return [*((name, 0) for name in first), *blocks, *((name, n_layer - 1) for name in last)]


def key_of(name: str, layer: int) -> str:
    """The name of a stage on the map; from the second block on it begins with the block."""
    return f"{layer}.{name}" if layer and name in BLOCK else name


def make_stage(name: str, layer: int, before: list[ModelStage], **more: Any) -> ModelStage:
    """The stage of that name; "x" among its inputs is the residual stream so far."""
    words = stage_words()[name]
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
