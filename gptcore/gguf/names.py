"""The tensors that a model has: name and shape in a GGUF file, and Hugging Face's name.

Source: gguf-py/gguf/tensor_mapping.py in the repository ggml-org/llama.cpp.
"""

from collections.abc import Collection
from dataclasses import dataclass

from gptcore.gguf.config import HFConfig
from gptcore.gguf.header import GGUFHeader

EMBEDDING, HEAD = "token_embd.weight", "output.weight"
DIVISORS = "rope_freqs.weight"  # Llama 3.1 and later: what each frequency of RoPE is divided by
# In the file -> in the checkpoint, and the shape in the file. C width, Q K all query or key heads,
# D one head, H hidden layer of the MLP, V vocabulary, T positions, E experts.
LLAMA_MODEL = {
    EMBEDDING: ("model.embed_tokens.weight", "V C"),
    "output_norm.weight": ("model.norm.weight", "C"),
}
LLAMA_LAYER = {
    "attn_norm.weight": ("input_layernorm.weight", "C"),
    "attn_q.weight": ("self_attn.q_proj.weight", "Q C"),
    "attn_k.weight": ("self_attn.k_proj.weight", "K C"),
    "attn_v.weight": ("self_attn.v_proj.weight", "K C"),
    "attn_output.weight": ("self_attn.o_proj.weight", "C Q"),
    "ffn_norm.weight": ("post_attention_layernorm.weight", "C"),
}
QKV_BIAS = {
    "attn_q.bias": ("self_attn.q_proj.bias", "Q"),
    "attn_k.bias": ("self_attn.k_proj.bias", "K"),
    "attn_v.bias": ("self_attn.v_proj.bias", "K"),
}
OUTPUT_BIAS = {"attn_output.bias": ("self_attn.o_proj.bias", "C")}
QK_NORM = {
    "attn_q_norm.weight": ("self_attn.q_norm.weight", "D"),
    "attn_k_norm.weight": ("self_attn.k_norm.weight", "D"),
}
MLP = {
    "ffn_gate.weight": ("mlp.gate_proj.weight", "H C"),
    "ffn_up.weight": ("mlp.up_proj.weight", "H C"),
    "ffn_down.weight": ("mlp.down_proj.weight", "C H"),
}
MLP_BIAS = {
    "ffn_gate.bias": ("mlp.gate_proj.bias", "H"),
    "ffn_up.bias": ("mlp.up_proj.bias", "H"),
    "ffn_down.bias": ("mlp.down_proj.bias", "C"),
}
EXPERTS = {  # {} is the number of the expert: one tensor for all in the file, one for each outside
    "ffn_gate_inp.weight": ("block_sparse_moe.gate.weight", "E C"),
    "ffn_gate_exps.weight": ("block_sparse_moe.experts.{}.w1.weight", "E H C"),
    "ffn_down_exps.weight": ("block_sparse_moe.experts.{}.w2.weight", "E C H"),
    "ffn_up_exps.weight": ("block_sparse_moe.experts.{}.w3.weight", "E H C"),
}
GPT2_MODEL = {
    EMBEDDING: ("transformer.wte.weight", "V C"),
    "position_embd.weight": ("transformer.wpe.weight", "T C"),
    "output_norm.weight": ("transformer.ln_f.weight", "C"),
    "output_norm.bias": ("transformer.ln_f.bias", "C"),
}
GPT2_LAYER = {
    "attn_norm.weight": ("ln_1.weight", "C"),
    "attn_norm.bias": ("ln_1.bias", "C"),
    "attn_qkv.weight": ("attn.c_attn.weight", "3C C"),
    "attn_qkv.bias": ("attn.c_attn.bias", "3C"),
    "attn_output.weight": ("attn.c_proj.weight", "C C"),
    "attn_output.bias": ("attn.c_proj.bias", "C"),
    "ffn_norm.weight": ("ln_2.weight", "C"),
    "ffn_norm.bias": ("ln_2.bias", "C"),
    "ffn_up.weight": ("mlp.c_fc.weight", "H C"),
    "ffn_up.bias": ("mlp.c_fc.bias", "H"),
    "ffn_down.weight": ("mlp.c_proj.weight", "C H"),
    "ffn_down.bias": ("mlp.c_proj.bias", "C"),
}


@dataclass(frozen=True)
class Target:
    """What a tensor of the file is in the model.

    Attributes:
        name: Hugging Face's name; with "{}" there is one tensor for each expert.
        shape: The shape that it must have in the file.
        heads: If not 0, the rows of each of that many heads are interleaved.
        is_conv1d: Whether Hugging Face has the transposed matrix.
    """

    name: str
    shape: tuple[int, ...]
    heads: int = 0
    is_conv1d: bool = False


def targets_of(config: HFConfig, header: GGUFHeader) -> dict[str, Target]:
    """Every tensor that the model has, by its name in the file.

    Args:
        config: From `config_from_header`.
        header: The same header.

    Returns:
        The targets, of which each is in the file, and none of the file is missing.

    Raises:
        ValueError: If the file lacks a tensor, has an unknown one, or one of another shape.
    """
    targets = all_targets(config, header.tensors, len(header.tensors) + 1)
    check_names(header, targets)
    return targets


def all_targets(
    config: HFConfig, names: Collection[str], max_layers: int | None = None
) -> dict[str, Target]:
    """Every tensor that a model of this config has, by its name in a GGUF file.

    Args:
        config: The config in Hugging Face's names.
        names: Names in the file; of the head and of RoPE's divisors only those that are in it.
        max_layers: A damaged number of layers must not make a table of that length.

    Returns:
        The targets.
    """
    is_gpt2 = config["model_type"] == "gpt2"
    n_layers = config["n_layer"] if is_gpt2 else config["num_hidden_layers"]
    sizes = gpt2_sizes(config) if is_gpt2 else llama_sizes(config)
    rows = dict(GPT2_MODEL if is_gpt2 else LLAMA_MODEL)
    if HEAD in names:
        rows[HEAD] = ("lm_head.weight", "V C")
    if DIVISORS in names and config["model_type"] in ("llama", "mixtral"):
        rows[DIVISORS] = ("", "D/2")
    layer_rows = GPT2_LAYER if is_gpt2 else llama_layer(config)
    layers = "transformer.h" if is_gpt2 else "model.layers"
    for i in range(n_layers if max_layers is None else min(n_layers, max_layers)):
        for name, (theirs, shape) in layer_rows.items():
            rows[f"blk.{i}.{name}"] = (f"{layers}.{i}.{theirs}", shape)
    targets = {}
    for name, (theirs, shape) in rows.items():
        heads = heads_to_reorder(config, theirs)
        is_conv1d = is_gpt2 and name.startswith("blk.") and " " in shape
        targets[name] = Target(theirs, shape_of(shape, sizes), heads, is_conv1d)
    return targets


def llama_layer(config: HFConfig) -> dict[str, tuple[str, str]]:
    """The rows of one layer of a Llama or a relative."""
    is_qwen2, is_qwen3 = config["model_type"] == "qwen2", config["model_type"] == "qwen3"
    rows = dict(LLAMA_LAYER)
    rows |= QKV_BIAS if is_qwen2 or config.get("attention_bias") else {}
    rows |= OUTPUT_BIAS if config.get("attention_bias") else {}
    rows |= QK_NORM if is_qwen3 else {}
    rows |= EXPERTS if "num_local_experts" in config else MLP
    return rows | (MLP_BIAS if config.get("mlp_bias") else {})


def llama_sizes(config: HFConfig) -> dict[str, int]:
    """The sizes that the letters of the tables mean."""
    D = config["head_dim"]
    return {
        "V": config["vocab_size"],
        "C": config["hidden_size"],
        "D": D,
        "D/2": D // 2,
        "Q": config["num_attention_heads"] * D,
        "K": config["num_key_value_heads"] * D,
        "H": config["intermediate_size"],
        "E": config.get("num_local_experts", 0),
    }


def gpt2_sizes(config: HFConfig) -> dict[str, int]:
    """The sizes that the letters of the tables mean."""
    C = config["n_embd"]
    return {
        "V": config["vocab_size"],
        "T": config["n_positions"],
        "C": C,
        "3C": 3 * C,
        "H": config["n_inner"] or 4 * C,
    }


def shape_of(letters: str, sizes: dict[str, int]) -> tuple[int, ...]:
    """The sizes of a row of the tables: "V C" -> (49152, 576)."""
    return tuple(sizes[letter] for letter in letters.split())


def heads_to_reorder(config: HFConfig, name: str) -> int:
    """The number of heads whose rows are interleaved in the file, 0 for most tensors."""
    if config["model_type"] not in ("llama", "mixtral"):
        return 0
    heads = {"q_proj": "num_attention_heads", "k_proj": "num_key_value_heads"}
    return next((int(config[size]) for part, size in heads.items() if f".{part}." in name), 0)


def check_names(header: GGUFHeader, targets: dict[str, Target]) -> None:
    """Raise ValueError unless the file has exactly these tensors in these shapes."""
    if missing := [name for name in targets if name not in header.tensors]:
        raise ValueError(f"{header.path} has no tensor {missing[0]!r}, which its model needs.")
    if unknown := [name for name in header.tensors if name not in targets]:
        raise ValueError(
            f"{header.path} has the tensor {unknown[0]!r:.80}, which its architecture "
            f"{header.metadata['general.architecture']} does not have here. The model would "
            f"compute something else without it, so nothing is loaded."
        )
    for name, target in targets.items():
        if (shape := header.tensors[name].shape) != target.shape:
            raise ValueError(
                f"{header.path} has {name!r} of shape {shape}; its metadata says {target.shape}."
            )
