"""`config.json` of the Llama family <-> the fields of `GPTConfig`.

Source: `LlamaConfig`, `MistralConfig`, `Qwen2Config`, `Qwen3Config` and `MixtralConfig` of
    transformers.
"""

from typing import Any

from gptcore.formats.hf_config import HFConfig, check_fixed, reject_unknown

MODEL_TYPES = ("llama", "mistral", "qwen2", "qwen3", "mixtral")
SIZE_NAMES = {  # ours -> theirs
    "vocab_size": "vocab_size",
    "block_size": "max_position_embeddings",
    "n_layer": "num_hidden_layers",
    "n_head": "num_attention_heads",
    "n_embd": "hidden_size",
    "intermediate_size": "intermediate_size",
}
OPTIONAL_NAMES = {"n_kv_head": "num_key_value_heads", "head_size": "head_dim"}
ACTIVATION_OF = {
    **{"silu": "swiglu", "swish": "swiglu", "gelu": "geglu"},
    "relu": "relu2",  # without a gate: relu(x) * x is ReLU squared where gate and value are equal
}
WINDOW_FIELDS = ("sliding_window", "use_sliding_window", "max_window_layers", "layer_types")
ROPE_FIELDS = ("rope_theta", "rope_scaling", "rope_parameters")
ROPE_SCALING_NAMES: dict[str, dict[str, str]] = {  # ours -> theirs, in a rope_scaling of each type
    "linear": {},
    "yarn": {
        **{"low_rotations": "beta_slow", "high_rotations": "beta_fast"},
        "attention_factor": "attention_factor",
    },
    "llama3": {"low_rotations": "low_freq_factor", "high_rotations": "high_freq_factor"},
}
KNOWN = {
    *SIZE_NAMES.values(),
    *OPTIONAL_NAMES.values(),
    *WINDOW_FIELDS,
    *ROPE_FIELDS,
    *("hidden_act", "rms_norm_eps", "attention_bias", "mlp_bias", "rope_interleaved"),
    *("num_local_experts", "num_experts_per_tok"),
}


def fields_from_hf(hf_config: HFConfig) -> dict[str, Any]:
    """The fields of `GPTConfig`; ValueError for a setting that we do not compute."""
    reject_unknown(hf_config, KNOWN)
    check_fixed(hf_config, {"rope_interleaved": False})
    kind = hf_config["model_type"]
    missing = [name for name in SIZE_NAMES.values() if name not in hf_config]
    if missing:
        raise ValueError(f"config.json lacks {', '.join(missing)}.")
    activation = hf_config.get("hidden_act", "silu")
    if activation not in ACTIVATION_OF:
        raise ValueError(
            f"config.json has hidden_act={activation!r}; supported are {', '.join(ACTIVATION_OF)}."
        )
    bias, mlp_bias = hf_config.get("attention_bias", False), hf_config.get("mlp_bias", False)
    if bias != mlp_bias:
        raise ValueError(
            f"config.json has attention_bias={bias} and mlp_bias={mlp_bias}; only equal ones are "
            f"supported."
        )
    fields = {ours: hf_config[theirs] for ours, theirs in SIZE_NAMES.items()}
    fields |= {ours: hf_config.get(theirs) for ours, theirs in OPTIONAL_NAMES.items()}
    if fields["head_size"] and fields["head_size"] * fields["n_head"] == fields["n_embd"]:
        fields["head_size"] = None  # the usual size
    if kind == "mixtral":
        if activation == "relu":
            raise ValueError(
                "config.json has hidden_act='relu', which is not supported in experts."
            )
        fields["n_experts"] = hf_config.get("num_local_experts", 8)
        fields["experts_per_token"] = hf_config.get("num_experts_per_tok", 2)
        if fields["experts_per_token"] == 1:
            raise ValueError(
                "config.json has num_experts_per_tok=1. Mixtral then gives the expert the weight "
                "1, and we give it its probability; only 2 and more are supported."
            )
    return {
        "n_experts": None,
        **fields,
        **rope_fields(hf_config),
        "norm": "rmsnorm",
        "norm_eps": hf_config.get("rms_norm_eps", 1e-6),
        "rmsnorm_weight": True,
        "activation": ACTIVATION_OF[activation],
        "bias": bias,
        "qkv_bias": kind == "qwen2",
        "qk_norm": kind == "qwen3",
        "sliding_window": read_window(hf_config),
        "tie_weights": hf_config.get("tie_word_embeddings", False),
    }


def rope_fields(hf_config: HFConfig) -> dict[str, Any]:
    """Theta and scaling, from `rope_theta` and `rope_scaling`, or from `rope_parameters`."""
    rope = dict(hf_config.get("rope_parameters") or hf_config.get("rope_scaling") or {})
    theta = rope.pop("rope_theta", None) or hf_config.get("rope_theta", 10_000.0)
    old_name = rope.pop("type", "default")
    kind = rope.pop("rope_type", old_name)
    if kind == "default":
        return {"rope": True, "rope_theta": float(theta)}
    if kind not in ROPE_SCALING_NAMES:
        raise ValueError(
            f"config.json has a rope_scaling of type {kind!r}; supported are "
            f"{', '.join(ROPE_SCALING_NAMES)}."
        )
    length = hf_config["max_position_embeddings"]
    scaling = {"type": kind, "factor": rope.pop("factor", None)}
    scaling["original_block_size"] = rope.pop("original_max_position_embeddings", length)
    for ours, theirs in ROPE_SCALING_NAMES[kind].items():
        scaling[ours] = rope.pop(theirs, None)
    unknown = {name: value for name, value in rope.items() if value not in (None, False)}
    if unknown:
        listed = ", ".join(f"{name}={value!r:.40}" for name, value in unknown.items())
        raise ValueError(f"config.json has a rope_scaling with {listed}, which is not supported.")
    return {"rope": True, "rope_theta": float(theta), "rope_scaling": scaling}


def read_window(hf_config: HFConfig) -> int | None:
    """The sliding window of all layers; ValueError if some layers have one and others not."""
    window: int | None = hf_config.get("sliding_window")
    if hf_config["model_type"].startswith("qwen") and not hf_config.get("use_sliding_window"):
        return None
    kinds = set(hf_config.get("layer_types") or [])
    is_mixed = kinds - {"sliding_attention"} if window else kinds - {"full_attention"}
    layers = hf_config.get("max_window_layers", 0)
    if is_mixed or (window and hf_config["model_type"].startswith("qwen") and layers):
        raise ValueError(
            f"config.json has a sliding window of {window} in some layers and not in others; only "
            f"one for all layers is supported."
        )
    return window


def hf_model_type(fields: dict[str, Any]) -> str:
    """The architecture that computes the same; ValueError if there is none."""
    odd = [name for name in ("norm_embeddings", "logit_softcap") if fields[name]]
    odd += [] if fields["final_norm"] else ["final_norm"]
    odd += [] if fields["norm"] == "rmsnorm" else ["norm"]
    odd += [] if fields["activation"] in ACTIVATION_OF.values() else ["activation"]
    scaling = fields["rope_scaling"]
    odd += ["rope_scaling"] if scaling and scaling["type"] not in ROPE_SCALING_NAMES else []
    odd += ["activation"] if fields["n_experts"] and fields["activation"] == "relu2" else []
    odd += ["experts_per_token"] if fields["n_experts"] and fields["experts_per_token"] == 1 else []
    special = {
        "qwen3": fields["qk_norm"],
        "qwen2": fields["qkv_bias"] and not fields["bias"],
        "mixtral": fields["n_experts"] is not None,
    }
    kinds = [kind for kind, is_it in special.items() if is_it]
    if len(kinds) > 1 or (kinds and fields["bias"]):
        odd += ["qk_norm", "qkv_bias", "n_experts", "bias"]
    if odd:
        values = ", ".join(f"{name}={fields[name]!r}" for name in dict.fromkeys(odd))
        raise ValueError(
            f"transformers' Llama family has no model with {values}. Store it with save(folder)."
        )
    return kinds[0] if kinds else ("mistral" if fields["sliding_window"] else "llama")


def to_hf_config(fields: dict[str, Any], kind: str) -> HFConfig:
    """The content of `config.json` of that architecture."""
    activation = {ours: theirs for theirs, ours in reversed(ACTIVATION_OF.items())}
    rope: dict[str, Any] = {"rope_theta": fields["rope_theta"], "rope_type": "default"}
    if scaling := fields["rope_scaling"]:
        rope |= {"rope_type": scaling["type"], "factor": scaling["factor"]}
        rope["original_max_position_embeddings"] = scaling["original_block_size"]
        names = ROPE_SCALING_NAMES[scaling["type"]]
        rope |= {their: scaling[our] for our, their in names.items() if scaling[our] is not None}
    hf_config: HFConfig = {
        "architectures": [f"{kind.capitalize()}ForCausalLM"],
        "model_type": kind,
        **{theirs: fields[ours] for ours, theirs in SIZE_NAMES.items()},
        "num_key_value_heads": fields["n_kv_head"] or fields["n_head"],
        "head_dim": fields["head_size"] or fields["n_embd"] // fields["n_head"],
        "hidden_act": activation[fields["activation"]],
        "rms_norm_eps": fields["norm_eps"],
        "attention_dropout": fields["dropout"],
        "rope_theta": fields["rope_theta"],  # read by transformers 4
        "rope_scaling": None if scaling is None else rope,
        "rope_parameters": rope,  # read by transformers 5
        "sliding_window": fields["sliding_window"],
        "tie_word_embeddings": fields["tie_weights"],
    }
    if kind == "llama":
        hf_config |= {"attention_bias": fields["bias"], "mlp_bias": fields["bias"]}
    if kind.startswith("qwen"):
        hf_config |= {"use_sliding_window": bool(fields["sliding_window"]), "max_window_layers": 0}
    if kind == "mixtral":
        hf_config["num_local_experts"] = fields["n_experts"]
        hf_config["num_experts_per_tok"] = fields["experts_per_token"]
    return hf_config
