"""The sizes and settings of a model in the names of a GGUF file.

`gptcore/gguf/config.py` reads them back.
Source: gguf-py/gguf/constants.py in the repository ggml-org/llama.cpp.
"""

from math import pi
from typing import Any

import torch
from torch import Tensor

from gptcore.formats.hf_llama_config import ACTIVATION_OF

ARCHITECTURE = {"mistral": "llama", "mixtral": "llama"}  # the others have their own name
SIZES = {  # Hugging Face's name -> that in the file
    "max_position_embeddings": "context_length",
    "num_hidden_layers": "block_count",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "rms_norm_eps": "attention.layer_norm_rms_epsilon",
    "rope_theta": "rope.freq_base",
    "vocab_size": "vocab_size",
    "num_local_experts": "expert_count",
    "num_experts_per_tok": "expert_used_count",
}
GPT2_SIZES = {
    "n_positions": "context_length",
    "n_layer": "block_count",
    "n_embd": "embedding_length",
    "n_inner": "feed_forward_length",
    "n_head": "attention.head_count",
    "layer_norm_epsilon": "attention.layer_norm_epsilon",
    "vocab_size": "vocab_size",
}
HEAD_SIZES = ("attention.key_length", "attention.value_length", "rope.dimension_count")
GELUS = ("gelu_new", "gelu_pytorch_tanh", "gelu")  # llama.cpp computes all of them by tanh
YARN = {
    "beta_fast": "rope.scaling.yarn_beta_fast",
    "beta_slow": "rope.scaling.yarn_beta_slow",
}


def architecture_of(config: dict[str, Any]) -> str:
    """The name of the architecture in llama.cpp."""
    kind: str = config["model_type"]
    return ARCHITECTURE.get(kind, kind)


def metadata_of(config: dict[str, Any]) -> dict[str, Any]:
    """The fields of the file that describe the model.

    Args:
        config: The content of a `config.json`. A sliding window that is as long as the context is
            taken out, because it changes nothing.

    Returns:
        Key -> value.

    Raises:
        ValueError: If llama.cpp's architecture has no such model; the error names the switches.
    """
    check_switches(config)
    prefix = f"{architecture_of(config)}."
    names = GPT2_SIZES if config["model_type"] == "gpt2" else SIZES
    found = {ours: config[theirs] for theirs, ours in names.items() if theirs in config}
    if config["model_type"] != "gpt2":
        found |= dict.fromkeys(HEAD_SIZES, config["head_dim"]) | rope_scaling_of(config)
    return {prefix + name: value for name, value in found.items()}


def check_switches(config: dict[str, Any]) -> None:
    """Raise ValueError for what transformers computes, and llama.cpp does not."""
    kind, length = config["model_type"], config.get("max_position_embeddings", 0)
    odd = []
    if kind == "gpt2" and config["activation_function"] not in GELUS:
        odd.append(f"activation={config['activation_function']!r}")
    if kind != "gpt2" and config["hidden_act"] != "silu":
        odd.append(f"activation={ACTIVATION_OF[config['hidden_act']]!r}")
    if (window := config.get("sliding_window")) and window < length:
        odd.append(f"sliding_window={window}")
    scaling = config.get("rope_scaling") or {}
    if scaling.get("rope_type") == "yarn" and scaling.get("attention_factor") is not None:
        odd.append("rope_scaling with an attention_factor")
    if scaling.get("rope_type") == "llama3" and kind not in ("llama", "mistral", "mixtral"):
        odd.append("rope_scaling of the type llama3")
    if odd:
        raise ValueError(
            f"llama.cpp's {architecture_of(config)} has no model with {', '.join(odd)}. A folder "
            f"for transformers can hold it: --to hf, or export_huggingface."
        )
    if kind == "mistral":
        config["model_type"] = "llama"  # which it is without its window


def rope_scaling_of(config: dict[str, Any]) -> dict[str, Any]:
    """The fields of a RoPE scaling; Llama 3's is a tensor, see `divisors_of`."""
    scaling = config["rope_scaling"]
    if scaling is None or scaling["rope_type"] == "llama3":
        return {}
    found = {
        "rope.scaling.type": scaling["rope_type"],
        "rope.scaling.factor": float(scaling["factor"]),
        "rope.scaling.original_context_length": scaling["original_max_position_embeddings"],
    }
    return found | {ours: float(scaling[their]) for their, ours in YARN.items() if their in scaling}


def divisors_of(config: dict[str, Any]) -> Tensor | None:
    """What each frequency of RoPE is divided by, shape (D / 2,); None if there is no such scaling.

    Args:
        config: The content of a `config.json`.
    """
    scaling = config.get("rope_scaling")
    if not scaling or scaling["rope_type"] != "llama3":
        return None
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    exponents = torch.arange(0, config["head_dim"], 2, dtype=torch.double) / config["head_dim"]
    wavelengths = 2 * pi * config["rope_theta"] ** exponents  # (D / 2,)
    rotations = scaling["original_max_position_embeddings"] / wavelengths
    smooth = ((rotations - low) / (high - low)).clamp(0, 1)
    divisors: Tensor = 1 / ((1 - smooth) / scaling["factor"] + smooth)
    return divisors.float()
