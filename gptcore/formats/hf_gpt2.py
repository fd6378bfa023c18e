"""GPT-2 under Hugging Face's names: the content of `config.json`, and a state dict.

The numbers are ours, the names nearly so. Weights of linear layers are transposed there (Conv1D);
`gptcore.model.state_dict` handles other differences.
Source: `GPT2LMHeadModel` of transformers, whose logits are the test.
"""

from typing import Any

from gptcore.formats.hf_config import HFConfig, check_fixed, reject_unknown
from gptcore.formats.weights import StateDict

CONV1D_WEIGHTS = (
    *("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight"),
)
ACTIVATION_OF = {  # their name -> ours
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
    "relu2": "relu2",
    "silu": "silu",
    "swish": "silu",
}
FIXED_SETTINGS = {  # settings that change what is computed, and the only value that we compute
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
SIZE_NAMES: dict[str, Any] = {  # ours -> theirs, first the one that we write, last the default
    "vocab_size": ("vocab_size", 50257),
    "block_size": ("n_positions", "max_position_embeddings", 1024),
    "n_layer": ("n_layer", "num_hidden_layers", 12),
    "n_head": ("n_head", "num_attention_heads", 12),
    "n_embd": ("n_embd", "hidden_size", 768),
}
KNOWN = {
    *FIXED_SETTINGS,
    *(name for names in SIZE_NAMES.values() for name in names[:-1]),
    *("layer_norm_epsilon", "n_inner", "activation_function", "n_ctx", "reorder_and_upcast_attn"),
}
# What GPT-2 cannot compute -> the value that it has instead.
GPT2_HAS = {
    **{"rope": False, "qk_norm": False, "norm": "layernorm", "norm_embeddings": False},
    **{"final_norm": True, "n_experts": None, "logit_softcap": None, "sliding_window": None},
}


def gpt2_from_hf(hf_config: HFConfig, tensors: StateDict) -> tuple[dict[str, Any], StateDict]:
    """Translate a GPT-2.

    Args:
        hf_config: The content of `config.json`.
        tensors: The state dict in Hugging Face's layout.

    Returns:
        The fields of `GPTConfig`, and the tensors in the layout of `nn.Linear`.

    Raises:
        ValueError: If the config has a setting that we do not compute.
    """
    fields = fields_from_hf(hf_config)
    return fields, {
        name: tensor.t().contiguous()  # (in, out) -> (out, in)
        if name.endswith(CONV1D_WEIGHTS) and tensor.dim() == 2
        else tensor
        for name, tensor in tensors.items()
    }


def fields_from_hf(hf_config: HFConfig) -> dict[str, Any]:
    """Our config; ValueError for a setting that we do not compute."""
    check_fixed(hf_config, FIXED_SETTINGS)
    reject_unknown(hf_config, KNOWN)
    sizes: dict[str, Any] = {name: read_size(hf_config, name) for name in SIZE_NAMES}
    n_inner = hf_config.get("n_inner")
    activation = hf_config.get("activation_function", "gelu_new")
    if activation not in ACTIVATION_OF:
        raise ValueError(
            f"config.json has activation_function={activation!r}; supported are "
            f"{', '.join(ACTIVATION_OF)}."
        )
    return {
        **sizes,
        "bias": True,
        "activation": ACTIVATION_OF[activation],
        "intermediate_size": None if n_inner == 4 * sizes["n_embd"] else n_inner,
        "norm_eps": hf_config.get("layer_norm_epsilon", 1e-5),
        "tie_weights": hf_config.get("tie_word_embeddings", True),
    }


def read_size(hf_config: HFConfig, name: str) -> int:
    """A size under either of its names, as in transformers; ValueError if the two differ."""
    *names, default = SIZE_NAMES[name]
    found = {key: hf_config[key] for key in names if hf_config.get(key) is not None}
    if len(set(found.values())) > 1:
        raise ValueError(f"config.json has {' and '.join(f'{k}={v}' for k, v in found.items())}.")
    size: int = next(iter(found.values()), default)
    return size


def gpt2_to_hf(fields: dict[str, Any], tensors: StateDict) -> tuple[HFConfig, StateDict]:
    """Translate a model into one that `GPT2LMHeadModel` loads.

    GPT-2's linear layers always have biases; a model without them gets zeros, which compute the
    same.

    Args:
        fields: The fields of `GPTConfig`.
        tensors: The state dict, without a tied head.

    Returns:
        The content of `config.json`, and the tensors in Hugging Face's layout.

    Raises:
        ValueError: If GPT-2 has no such model.
    """
    odd = [name for name, value in GPT2_HAS.items() if fields[name] != value]
    odd += [] if fields["activation"] in ACTIVATION_OF.values() else ["activation"]
    odd += [] if fields["n_kv_head"] in (None, fields["n_head"]) else ["n_kv_head"]
    odd += [] if fields["head_size"] is None else ["head_size"]
    if odd:
        values = ", ".join(f"{name}={fields[name]!r}" for name in odd)
        raise ValueError(
            f"transformers' GPT-2 has no model with {values}. A model with RoPE, RMSNorm and a "
            f"gated MLP is written as Llama; store any other with save(folder)."
        )
    hf_tensors = {}
    for name, tensor in tensors.items():
        module, _, kind = name.rpartition(".")
        prefix = "" if module == "lm_head" else "transformer."
        is_conv1d = name.endswith(CONV1D_WEIGHTS)
        hf_tensors[prefix + name] = tensor.t() if is_conv1d else tensor  # (out, in) -> (in, out)
        needs_bias = module not in ("wte", "wpe", "lm_head") and f"{module}.bias" not in tensors
        if kind == "weight" and needs_bias:
            hf_tensors[f"{prefix}{module}.bias"] = tensor.new_zeros(len(tensor))
    return to_hf_config(fields), hf_tensors


def to_hf_config(fields: dict[str, Any]) -> HFConfig:
    """The content of `config.json` that `GPT2Config` reads."""
    hf_activation = {ours: theirs for theirs, ours in reversed(ACTIVATION_OF.items())}
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        **{names[0]: fields[ours] for ours, names in SIZE_NAMES.items()},
        "n_inner": fields["intermediate_size"],
        "activation_function": hf_activation[fields["activation"]],
        "layer_norm_epsilon": fields["norm_eps"],
        **{f"{part}_pdrop": fields["dropout"] for part in ("resid", "embd", "attn")},
        **FIXED_SETTINGS,
        "tie_word_embeddings": fields["tie_weights"],
    }
