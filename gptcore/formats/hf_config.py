"""`config.json` of Hugging Face: what is checked for every architecture.

A field that we do not know may change what the model computes. It is refused by name, unless its
value says that it is off, or it is one of those that never change the logits.
"""

from collections.abc import Collection, Mapping
from typing import Any

HFConfig = dict[str, Any]  # the content of config.json

# Fields that do not change the logits of a forward pass in eval mode.
HARMLESS = {
    *("_name_or_path", "architectures", "attention_dropout", "attn_pdrop", "auto_map"),
    *("bos_token_id", "dtype", "embd_pdrop", "eos_token_id", "gradient_checkpointing"),
    *("hidden_dropout", "initializer_range", "is_llama_config", "model_type", "name_or_path"),
    *("output_router_logits", "pad_token_id", "pretraining_tp", "resid_pdrop"),
    *("return_dict", "router_aux_loss_coef", "router_jitter_noise", "task_specific_params"),
    *("tie_word_embeddings", "torch_dtype", "transformers_version", "unsloth_version"),
    *("use_cache", "chunk_size_feed_forward", "id2label", "label2id", "problem_type"),
}
HARMLESS_PREFIXES = ("summary_", "transformers.js", "unsloth_", "_attn_implementation")


def reject_unknown(hf_config: HFConfig, known: Collection[str]) -> None:
    """Raise ValueError for a field that may change the computation in a way we do not know.

    Args:
        hf_config: The content of `config.json`.
        known: The fields that the caller reads or checks.
    """
    unknown = {
        name: value
        for name, value in hf_config.items()
        if name not in known
        and name not in HARMLESS
        and not name.startswith(HARMLESS_PREFIXES)
        and value not in (None, False)
    }
    if unknown:
        listed = ", ".join(f"{name}={value!r:.40}" for name, value in unknown.items())
        raise ValueError(
            f"config.json has {listed}, which gptcore does not know: it may change what the model "
            f"computes. If it does not, name it in ignore_fields: "
            f"from_hf(folder, ignore_fields={sorted(unknown)})."
        )


def check_fixed(hf_config: HFConfig, settings: Mapping[str, Any]) -> None:
    """Raise ValueError for a setting whose value we do not compute.

    Args:
        hf_config: The content of `config.json`.
        settings: Field -> the only value that is supported, which is also its default.
    """
    for name, ours in settings.items():
        if hf_config.get(name, ours) != ours:
            raise ValueError(
                f"config.json has {name}={hf_config[name]!r}; only {ours!r} is supported."
            )
