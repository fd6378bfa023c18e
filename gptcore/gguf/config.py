"""The metadata of a GGUF file -> a config in the names of Hugging Face's `config.json`.

A field that would change what is computed, and that is not known, is refused by name.
Source: convert_hf_to_gguf.py in the repository ggml-org/llama.cpp.
"""

from math import isfinite
from typing import Any

from gptcore.checks import is_int
from gptcore.gguf.header import GGUFHeader

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gpt2")
BLOCK_FORMAT = 2  # general.quantization_version; blocks were other ones before
FIXED_FIELDS = {  # fields that change what is computed, and the only value that is computed
    "attention.causal": True,
    "attention.clamp_kqv": 0.0,
    "attention.max_alibi_bias": 0.0,
    "attention.sliding_window": 0,
    "embedding_scale": 1.0,
    "expert_count": 0,
    "expert_used_count": 0,
    "expert_weights_scale": 1.0,
    "logit_scale": 1.0,
    "residual_scale": 1.0,
    "rope.scaling.attn_factor": 1.0,
    "rope.scaling.yarn_attn_factor": 1.0,
    "rope.scaling.yarn_ext_factor": 1.0,
    "use_parallel_residual": False,
}
REMARKS = ("tensor_data_layout", "rope.scaling.finetuned")  # they change nothing
TOKEN_IDS = {  # llama.cpp's name -> Hugging Face's
    "bos_token_id": "bos_token_id",
    "eos_token_id": "eos_token_id",
    "padding_token_id": "pad_token_id",
}
YARN_SETTINGS = {
    "original_context_length": "original_max_position_embeddings",
    "yarn_beta_fast": "beta_fast",
    "yarn_beta_slow": "beta_slow",
}

HFConfig = dict[str, Any]


def config_from_header(header: GGUFHeader) -> HFConfig:
    """Read the config.

    Args:
        header: Of a file with a whole model.

    Returns:
        Sizes and settings by Hugging Face's names; without `tie_word_embeddings`, and without a
        RoPE scaling that the file has as a tensor.

    Raises:
        ValueError: If it is a model that we do not compute.
    """
    metadata, path = header.metadata, header.path
    architecture = metadata.get("general.architecture")
    kind = metadata.get("general.type", "model")
    if architecture not in ARCHITECTURES or kind != "model":
        raise ValueError(
            f"{path} has general.architecture={architecture!r:.60} and general.type={kind!r:.60}; "
            f"only models of the architectures {', '.join(ARCHITECTURES)} are read."
        )
    if (n_files := metadata.get("split.count", 1)) not in (0, 1):
        raise ValueError(
            f"{path} is one of the {n_files!r:.20} files of a split model. Join them with "
            f"llama.cpp: llama-gguf-split --merge FIRST_FILE NEW_FILE"
        )
    if (version := metadata.get("general.quantization_version", BLOCK_FORMAT)) != BLOCK_FORMAT:
        raise ValueError(
            f"{path} has general.quantization_version={version!r:.20}; only {BLOCK_FORMAT} is "
            f"read. Convert the model again with a current llama.cpp."
        )
    fields = Fields(header, f"{architecture}.")
    config = gpt2_config(fields) if architecture == "gpt2" else llama_config(fields, architecture)
    fields.check_rest()
    for ours, theirs in TOKEN_IDS.items():
        token = metadata.get(f"tokenizer.ggml.{ours}")
        config[theirs] = token if type(token) is int and 0 <= token < config["vocab_size"] else None
    return config


class Fields:
    """The metadata of one architecture; each field is taken once, and none may be left over."""

    def __init__(self, header: GGUFHeader, prefix: str) -> None:
        """Take the fields whose keys begin with `prefix`, such as "llama."."""
        self.path, self.prefix, self.tensors = header.path, prefix, header.tensors
        self.left = {
            key.removeprefix(prefix): value
            for key, value in header.metadata.items()
            if key.startswith(prefix)
        }

    def size(self, name: str, default: int | None = None) -> int:
        """An integer of 1 or more; ValueError for anything else."""
        value = self.left.pop(name, default)
        if isinstance(value, list) and value and value.count(value[0]) == len(value):
            value = value[0]  # one for each layer, all the same
        if not is_int(value) or value < 1:
            raise self.refused(name, value, "an integer, 1 or more, the same for all layers,")
        return int(value)

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number above 0; ValueError for anything else."""
        value = self.left.pop(name, default)
        if not isinstance(value, float) or not isfinite(value) or value <= 0:
            raise self.refused(name, value, "a finite number above 0")
        return value

    def refused(self, name: str, value: object, needed: str) -> ValueError:
        """The error for a value that cannot be used."""
        got = "no" if value is None else f"{self.prefix}{name}={value!r:.60}; for"
        return ValueError(f"{self.path} has {got} {self.prefix}{name}; {needed} is needed.")

    def check_rest(self) -> None:
        """Raise ValueError if a field is left that is not known to change nothing."""
        for name, value in self.left.items():
            if name in FIXED_FIELDS and value != FIXED_FIELDS[name]:
                raise self.refused(name, value, repr(FIXED_FIELDS[name]))
            if name not in FIXED_FIELDS and name not in REMARKS:
                raise ValueError(
                    f"{self.path} has the field {self.prefix}{name}={value!r:.60}, which is not "
                    f"known here. It may change what the model computes, so nothing is loaded."
                )


def llama_config(fields: Fields, architecture: str) -> HFConfig:
    """The config of a Llama or a relative of it."""
    n_head, hidden_size = fields.size("attention.head_count"), fields.size("embedding_length")
    head_dim = fields.size("attention.key_length", max(hidden_size // n_head, 1))
    if head_dim % 2:
        raise fields.refused("attention.key_length", head_dim, "an even size of a head")
    for name in ("attention.value_length", "rope.dimension_count"):
        if (value := fields.size(name, head_dim)) != head_dim:
            raise fields.refused(name, value, f"{head_dim}, the size of a head,")
    config: HFConfig = {
        "model_type": architecture,
        "vocab_size": vocab_size(fields),
        "max_position_embeddings": fields.size("context_length"),
        "num_hidden_layers": fields.size("block_count"),
        "hidden_size": hidden_size,
        "num_attention_heads": n_head,
        "num_key_value_heads": fields.size("attention.head_count_kv", n_head),
        "head_dim": head_dim,
        "intermediate_size": fields.size("feed_forward_length"),
        "hidden_act": "silu",
        "rms_norm_eps": fields.number("attention.layer_norm_rms_epsilon"),
        "rope_theta": fields.number("rope.freq_base", 10000.0),
        "rope_scaling": rope_scaling(fields),
    }
    if architecture == "llama" and fields.left.get("expert_count", 0) != 0:
        config["model_type"] = "mixtral"
        config["num_local_experts"] = fields.size("expert_count")
        config["num_experts_per_tok"] = fields.size("expert_used_count")
    elif architecture != "qwen2":  # Qwen2 always has biases of q, k and v
        config["attention_bias"] = "blk.0.attn_q.bias" in fields.tensors
    if config["model_type"] == "llama":
        config["mlp_bias"] = "blk.0.ffn_up.bias" in fields.tensors
    return config


def gpt2_config(fields: Fields) -> HFConfig:
    """The config of a GPT-2."""
    n_embd, n_head = fields.size("embedding_length"), fields.size("attention.head_count")
    n_inner = fields.size("feed_forward_length", 4 * n_embd)
    if (value := fields.size("attention.head_count_kv", n_head)) != n_head:
        raise fields.refused("attention.head_count_kv", value, str(n_head))
    return {
        "model_type": "gpt2",
        "vocab_size": vocab_size(fields),
        "n_positions": fields.size("context_length"),
        "n_layer": fields.size("block_count"),
        "n_embd": n_embd,
        "n_head": n_head,
        "n_inner": None if n_inner == 4 * n_embd else n_inner,
        "activation_function": "gelu_new",
        "layer_norm_epsilon": fields.number("attention.layer_norm_epsilon", 1e-5),
    }


def vocab_size(fields: Fields) -> int:
    """The size of the vocabulary; some files have it only as the shape of the embedding."""
    embedding = fields.tensors.get("token_embd.weight")
    return fields.size("vocab_size", embedding.shape[0] if embedding else None)


def rope_scaling(fields: Fields) -> HFConfig | None:
    """Hugging Face's `rope_scaling`: None, linear or YaRN."""
    factor = fields.number("rope.scaling.factor", fields.number("rope.scale_linear", 1.0))
    kind = fields.left.pop("rope.scaling.type", "none" if factor == 1.0 else "linear")
    settings = {
        theirs: fields.left.pop(f"rope.scaling.{ours}", None)
        for ours, theirs in YARN_SETTINGS.items()
    }  # a file may have them without a scaling
    if kind == "none":
        return None
    if kind == "linear":
        return {"rope_type": "linear", "factor": factor}
    if kind != "yarn":
        raise fields.refused("rope.scaling.type", kind, "none, linear or yarn")
    known = {name: value for name, value in settings.items() if value is not None}
    for name, value in known.items():
        if not isinstance(value, (int, float)) or not isfinite(value) or value <= 0:
            raise fields.refused(f"rope.scaling ({name})", value, "a finite number above 0")
    return {"rope_type": "yarn", "factor": factor, **known}
