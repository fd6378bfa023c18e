"""GPT-2 as Hugging Face stores it: a folder of `config.json` and safetensors, or its hub name.

The numbers are ours, the names nearly so. Weights of linear layers are transposed there (Conv1D);
`state_dict.py` handles other differences. Only the architecture GPT-2 is supported.
Source: `GPT2LMHeadModel` of transformers, whose logits are the test.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.checks import as_path
from gptcore.json_text import parse_json
from gptcore.model.config import GPTConfig
from gptcore.model.norm import EPSILON
from gptcore.model.state_dict import strip_wrappers
from gptcore.model.weights import (
    CONFIG_NAME,
    WEIGHTS_NAME,
    StateDict,
    load_tensors,
    reject_pickle,
    write_model,
)

INDEX_NAME = f"{WEIGHTS_NAME}.index.json"  # lists the files of a large model
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
    "layer_norm_epsilon": EPSILON,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
SIZE_NAMES = {  # ours -> theirs, first the one that we write
    "vocab_size": ("vocab_size",),
    "block_size": ("n_positions", "max_position_embeddings"),
    "n_layer": ("n_layer", "num_hidden_layers"),
    "n_head": ("n_head", "num_attention_heads"),
    "n_embd": ("n_embd", "hidden_size"),
}

HFConfig = dict[str, Any]  # the content of config.json


def read_hf(folder_or_name: str | Path) -> tuple[GPTConfig, StateDict]:
    """Load config and weights of a GPT-2.

    Args:
        folder_or_name: A folder, or a name on the Hugging Face hub.

    Returns:
        Our config, and the tensors under our names, in the layout of `nn.Linear`.

    Raises:
        ValueError: If it is another architecture or a pickle.
        OSError: If it cannot be read or downloaded.
    """
    folder = resolve_folder(folder_or_name)
    tensors: StateDict = {}
    for file in weight_files(folder):
        more = load_tensors(file)[0]
        if twice := sorted(tensors.keys() & more.keys()):
            raise ValueError(f"{file} has {twice[0]}, which another file of {folder} has, too.")
        tensors |= more
    tensors = strip_wrappers(tensors, str(folder))
    for name in tensors:
        if name.endswith(CONV1D_WEIGHTS) and tensors[name].dim() == 2:
            tensors[name] = tensors[name].t().contiguous()  # (in, out) -> (out, in)
    return config_from_hf(read_hf_config(folder / CONFIG_NAME)), tensors


def resolve_folder(folder_or_name: str | Path) -> Path:
    """The folder itself, or the one into which huggingface_hub downloaded the model."""
    folder = as_path(folder_or_name, "The folder or hub name")
    if folder.is_dir():
        return folder
    if folder.is_file():
        reject_pickle(folder)
        raise ValueError(f"{folder} is a file; give the folder that contains it.")
    if not isinstance(folder_or_name, str) or folder_or_name.startswith((".", "/", "~")):
        raise ValueError(f"There is no folder {folder}.")
    try:
        hub = import_module("huggingface_hub")  # optional: a folder needs no network
        names = [CONFIG_NAME, "model*.safetensors", INDEX_NAME]
        return Path(hub.snapshot_download(folder_or_name, allow_patterns=names))
    except ImportError:
        raise OSError(
            f"There is no folder {folder_or_name}, and a download from the hub needs "
            f"huggingface_hub: pip install huggingface_hub"
        ) from None
    except (OSError, ValueError) as error:  # offline, unknown, private
        raise OSError(
            f"There is no folder {folder_or_name}, and the download from the Hugging Face hub "
            f"failed: {str(error).strip().splitlines()[0]}"
        ) from None


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model; ValueError where there are none."""
    if (folder / WEIGHTS_NAME).is_file():  # an index beside it is out of date, as in transformers
        return [folder / WEIGHTS_NAME]
    if (folder / INDEX_NAME).is_file():
        weight_map = read_json_object(folder / INDEX_NAME).get("weight_map")
        if not isinstance(weight_map, dict) or not weight_map:
            raise ValueError(f"{folder / INDEX_NAME} lists no files: it has no weight_map.")
        return [folder / str(name) for name in sorted(set(weight_map.values()))]
    for file in sorted([*folder.glob("*.bin"), *folder.glob("*.pt")]):
        reject_pickle(file)
    raise ValueError(f"There is no {WEIGHTS_NAME} in {folder}: the folder has no weights.")


def read_json_object(file: Path) -> dict[str, Any]:
    """Read a JSON object; ValueError for any other content."""
    try:
        content = parse_json(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise ValueError(f"{file} is JSON, but not an object: {content!r:.40}.")
    return content


def read_hf_config(file: Path) -> HFConfig:
    """Read `config.json` of a GPT-2; ValueError for another model."""
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}, which has the sizes of the model.")
    hf_config = read_json_object(file)
    model_type = hf_config.get("model_type")
    if model_type != "gpt2":
        hint = " A folder that `save` wrote is loaded by GPT.load." if model_type is None else ""
        raise ValueError(f"{file} has model_type={model_type!r}; only 'gpt2' is supported.{hint}")
    return hf_config


def config_from_hf(hf_config: HFConfig) -> GPTConfig:
    """Our config; ValueError for a setting that we do not compute."""
    for name, ours in FIXED_SETTINGS.items():
        if hf_config.get(name, ours) != ours:
            raise ValueError(
                f"{CONFIG_NAME} has {name}={hf_config[name]!r}; only {ours!r} is supported."
            )
    sizes: dict[str, Any] = {name: read_size(hf_config, name) for name in SIZE_NAMES}
    if hf_config.get("n_inner") not in (None, 4 * sizes["n_embd"]):
        raise ValueError(
            f"{CONFIG_NAME} has n_inner={hf_config['n_inner']}; only an MLP 4 times as wide as "
            f"n_embd is supported, which is {4 * sizes['n_embd']}."
        )
    activation = hf_config.get("activation_function", "gelu_new")
    if activation not in ACTIVATION_OF:
        raise ValueError(
            f"{CONFIG_NAME} has activation_function={activation!r}; supported are "
            f"{', '.join(ACTIVATION_OF)}."
        )
    return GPTConfig(
        **sizes,
        bias=True,
        activation=ACTIVATION_OF[activation],
        tie_weights=hf_config.get("tie_word_embeddings", True),
    )


def read_size(hf_config: HFConfig, name: str) -> int:
    """A size under either of its names, as in transformers; ValueError if the two differ."""
    found = {key: hf_config[key] for key in SIZE_NAMES[name] if hf_config.get(key) is not None}
    if len(set(found.values())) > 1:
        raise ValueError(f"{CONFIG_NAME} has {' and '.join(f'{k}={v}' for k, v in found.items())}.")
    size: int = next(iter(found.values()), getattr(GPTConfig.preset("gpt2"), name))
    return size


def write_hf(folder: Path, config: GPTConfig, tensors: StateDict) -> None:
    """Write a folder that `GPT2LMHeadModel.from_pretrained` loads.

    GPT-2's linear layers always have biases; a model without them gets zeros, which compute the
    same.

    Args:
        folder: Is created if it does not exist.
        config: Hyperparameters of the model.
        tensors: The state dict, without a tied head.

    Raises:
        ValueError: If GPT-2 has no such model.
    """
    if config.rope or config.qk_norm:
        raise ValueError(
            f"transformers' GPT-2 has learned positions and no norm of queries and keys; "
            f"this model has rope={config.rope}, qk_norm={config.qk_norm}. Store it with "
            f"save(folder)."
        )
    if config.norm != "layernorm" or config.norm_embeddings or not config.final_norm:
        raise ValueError(
            "transformers' GPT-2 has LayerNorms before attention, before the MLP, and at the "
            f"end; this model has norm={config.norm!r}, norm_embeddings={config.norm_embeddings}, "
            f"final_norm={config.final_norm}. Store it with save(folder)."
        )
    hf_tensors = {}
    for name, tensor in tensors.items():
        module, _, kind = name.rpartition(".")
        prefix = "" if module == "lm_head" else "transformer."
        is_conv1d = name.endswith(CONV1D_WEIGHTS)
        hf_tensors[prefix + name] = tensor.t() if is_conv1d else tensor  # (out, in) -> (in, out)
        if kind == "weight" and not config.bias and module not in ("wte", "wpe", "lm_head"):
            hf_tensors[f"{prefix}{module}.bias"] = tensor.new_zeros(len(tensor))
    write_model(folder, hf_tensors, to_hf_config(config, tensors), metadata={})


def to_hf_config(config: GPTConfig, tensors: StateDict) -> HFConfig:
    """The content of `config.json` that `GPT2Config` reads."""
    hf_activation = {ours: theirs for theirs, ours in reversed(ACTIVATION_OF.items())}
    is_gpt2_vocab = config.vocab_size == GPTConfig.preset("gpt2").vocab_size
    end_of_text = config.vocab_size - 1 if is_gpt2_vocab else None
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        **{hf_name: getattr(config, ours) for ours, (hf_name, *_) in SIZE_NAMES.items()},
        "activation_function": hf_activation[config.activation],
        **{f"{part}_pdrop": config.dropout for part in ("resid", "embd", "attn")},
        **FIXED_SETTINGS,
        "tie_word_embeddings": config.tie_weights,
        "bos_token_id": end_of_text,
        "eos_token_id": end_of_text,
        "dtype": str(tensors["wte.weight"].dtype).removeprefix("torch."),
    }
