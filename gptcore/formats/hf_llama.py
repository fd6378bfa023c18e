"""The Llama family under Hugging Face's names: Llama, SmolLM2, TinyLlama, Mistral, Qwen2, Qwen3,
Mixtral.

There, query, key and value are three matrices, and gate and value of the MLP are two; here each
group is one. Their tables of angles are dropped, because the model computes them.
Source: `LlamaForCausalLM`, `Qwen2ForCausalLM`, `Qwen3ForCausalLM` and `MixtralForCausalLM` of
    transformers, whose logits are the test.
"""

from typing import Any

import torch
from torch import Tensor

from gptcore.formats.hf_config import HFConfig, check_fixed, reject_unknown
from gptcore.formats.weights import StateDict

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
ACTIVATION_OF = {"silu": "swiglu", "swish": "swiglu", "gelu": "geglu"}
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
OUTER_NAMES = {  # theirs -> ours
    "embed_tokens.weight": "wte.weight",
    "norm.weight": "ln_f.weight",
    "lm_head.weight": "lm_head.weight",
}
LAYER_NAMES = {  # theirs -> ours, in a layer
    "input_layernorm.weight": "ln_1.weight",
    "post_attention_layernorm.weight": "ln_2.weight",
    "self_attn.o_proj": "attn.c_proj",
    "self_attn.q_norm.weight": "attn.q_norm.weight",
    "self_attn.k_norm.weight": "attn.k_norm.weight",
    "mlp.down_proj": "mlp.c_proj",
    "block_sparse_moe.gate.weight": "mlp.router.weight",
}
JOINED_NAMES = {  # ours -> theirs, joined along the first axis
    "attn.c_attn": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "mlp.c_fc": ("mlp.gate_proj", "mlp.up_proj"),
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
        ValueError: If the config has a setting that we do not compute, or a tensor is missing.
    """
    fields = fields_from_hf(hf_config)
    ours: StateDict = {}
    for name in [name for name in tensors if name.endswith("rotary_emb.inv_freq")]:
        del tensors[name]
    for theirs, mine in OUTER_NAMES.items():
        for name in (theirs, f"model.{theirs}"):
            if name in tensors:
                ours[mine] = tensors.pop(name)
    for layer in range(fields["n_layer"]):
        prefix = f"layers.{layer}." if f"layers.{layer}.input_layernorm.weight" in tensors else ""
        prefix = prefix or f"model.layers.{layer}."
        for theirs, mine in LAYER_NAMES.items():
            for name in [n for n in (theirs, f"{theirs}.weight", f"{theirs}.bias")]:
                if prefix + name in tensors:
                    kind = name.removeprefix(theirs)
                    ours[f"h.{layer}.{mine}{kind}"] = tensors.pop(prefix + name)
        for mine, parts in JOINED_NAMES.items():
            for kind in ("weight", "bias"):
                names = [f"{prefix}{part}.{kind}" for part in parts]
                if all(name in tensors for name in names):
                    joined = torch.cat([tensors.pop(name) for name in names])
                    ours[f"h.{layer}.{mine}.{kind}"] = joined
        for mine, parts in EXPERT_NAMES.items():
            experts = [
                [f"{prefix}block_sparse_moe.experts.{e}.{part}.weight" for part in parts]
                for e in range(fields["n_experts"] or 0)
            ]
            if experts and all(name in tensors for names in experts for name in names):
                ours[f"h.{layer}.{mine}"] = torch.stack(
                    [torch.cat([tensors.pop(name) for name in names]) for names in experts]
                )
    return fields, {**ours, **tensors}  # what is left is unknown, and named by the check of names


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


def llama_to_hf(fields: dict[str, Any], tensors: StateDict) -> tuple[HFConfig, StateDict]:
    """Translate a model into one that transformers loads as Llama, Mistral, Qwen or Mixtral.

    RMSNorms without a weight get ones, and interleaved rotation becomes one of halves: both compute
    the same.

    Args:
        fields: The fields of `GPTConfig`.
        tensors: The state dict, without a tied head.

    Returns:
        The content of `config.json`, and the tensors in Hugging Face's layout.

    Raises:
        ValueError: If the family has no such model.
    """
    kind = hf_model_type(fields)
    C, D = fields["n_embd"], fields["head_size"] or fields["n_embd"] // fields["n_head"]
    n_heads = {"q": fields["n_head"], "k": fields["n_kv_head"] or fields["n_head"]}
    sizes = [n_heads["q"] * D, n_heads["k"] * D, n_heads["k"] * D]
    hf: StateDict = {}
    for name, tensor in tensors.items():
        if not name.startswith("h."):
            theirs = {ours: theirs for theirs, ours in OUTER_NAMES.items()}[name]
            hf[theirs if theirs.startswith("lm_head") else f"model.{theirs}"] = tensor
            continue
        _, layer, module = name.split(".", 2)
        prefix, (base, _, last) = f"model.layers.{layer}.", module.rpartition(".")
        if base == "attn.c_attn":
            for part, piece in zip("qkv", torch.split(tensor, sizes)):
                if fields["rope_interleaved"] and part in n_heads:
                    piece = to_halves(piece, n_heads[part])
                hf[f"{prefix}self_attn.{part}_proj.{last}"] = piece
        elif base == "mlp.c_fc":
            for part, piece in zip(JOINED_NAMES[base], tensor.chunk(2)):
                hf[f"{prefix}{part}.{last}"] = piece
        elif module in EXPERT_NAMES:
            for e, expert in enumerate(tensor):
                pieces = expert.chunk(len(EXPERT_NAMES[module]))
                for matrix, piece in zip(EXPERT_NAMES[module], pieces):
                    hf[f"{prefix}block_sparse_moe.experts.{e}.{matrix}.weight"] = piece
        else:
            names = {ours: theirs for theirs, ours in LAYER_NAMES.items()}
            hf[prefix + (names.get(module) or f"{names[base]}.{last}")] = tensor
    if not fields["rmsnorm_weight"]:
        norms = {"input_layernorm": C, "post_attention_layernorm": C}
        norms |= {"self_attn.q_norm": D, "self_attn.k_norm": D} if fields["qk_norm"] else {}
        ones = tensors["wte.weight"].new_ones
        for number in range(fields["n_layer"]):
            for norm, width in norms.items():
                hf[f"model.layers.{number}.{norm}.weight"] = ones(width)
        hf["model.norm.weight"] = ones(C)
    return to_hf_config(fields, kind), hf


def hf_model_type(fields: dict[str, Any]) -> str:
    """The architecture that computes the same; ValueError if there is none."""
    odd = [name for name in ("norm_embeddings", "logit_softcap") if fields[name]]
    odd += [] if fields["final_norm"] else ["final_norm"]
    odd += [] if fields["norm"] == "rmsnorm" else ["norm"]
    odd += [] if fields["activation"] in ACTIVATION_OF.values() else ["activation"]
    scaling = fields["rope_scaling"]
    odd += ["rope_scaling"] if scaling and scaling["type"] not in ROPE_SCALING_NAMES else []
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


def to_halves(weight: Tensor, n_heads: int) -> Tensor:
    """Reorder the rows of q or k, so that rotating halves equals rotating neighbours.

    Args:
        weight: Weight or bias of q or k, shape (heads * D, ...).
        n_heads: Number of heads.
    """
    pairs = torch.unflatten(weight, 0, (n_heads, -1, 2))  # (heads, D/2, 2, ...)
    return pairs.transpose(1, 2).flatten(0, 2)  # (heads, 2, D/2, ...) -> (heads * D, ...)
