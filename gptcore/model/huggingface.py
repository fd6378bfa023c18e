"""GPT-2 as Hugging Face stores it: a folder of `config.json` and safetensors, or its hub name.

The numbers are ours, the names nearly so. Matrices of linear layers lie on their side there;
`state_dict.py` has what else may differ.
Left out on purpose: other architectures than GPT-2, and pickled weights.
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
from gptcore.model.weights import SIZES, TENSORS, Tensors, read_tensors, refuse_pickle, write_model

INDEX = f"{TENSORS}.index.json"  # where a large model is cut into several files, it lists them
ON_THEIR_SIDE = ("attn.c_attn.weight", "attn.c_proj.weight", "mlp.c_fc.weight", "mlp.c_proj.weight")
ACTIVATION_OF = {  # their name -> ours
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu": "gelu",
    "relu": "relu",
    "relu2": "relu2",
    "silu": "silu",
    "swish": "silu",
}
ALWAYS = {  # switches of theirs that change what is computed, and the only value we compute
    "layer_norm_epsilon": EPSILON,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}


def read_hf(folder_or_name: str | Path) -> tuple[GPTConfig, Tensors]:
    """Sizes and tensors, under our names and upright.

    Raises: ValueError for another architecture or a pickle, OSError for what cannot be read.
    """
    folder = folder_of(folder_or_name)
    tensors: Tensors = {}
    for file in files_of(folder):
        more = read_tensors(file)[0]
        if twice := sorted(tensors.keys() & more.keys()):
            raise ValueError(f"{file} has {twice[0]}, which another file of {folder} has, too.")
        tensors |= more
    tensors = strip_wrappers(tensors, str(folder))
    for name in tensors:
        if name.endswith(ON_THEIR_SIDE) and tensors[name].dim() == 2:
            tensors[name] = tensors[name].t().contiguous()  # (in, out) -> (out, in)
    return config_of(read_sizes(folder / SIZES)), tensors


def folder_of(folder_or_name: str | Path) -> Path:
    """The folder itself, or the one in which huggingface_hub keeps what it downloaded."""
    folder = as_path(folder_or_name, "The folder or hub name")
    if folder.is_dir():
        return folder
    if folder.is_file():
        refuse_pickle(folder)
        raise ValueError(f"{folder} is a file; give the folder that it lies in.")
    if not isinstance(folder_or_name, str) or folder_or_name.startswith((".", "/", "~")):
        raise ValueError(f"There is no folder {folder}.")
    try:
        hub = import_module("huggingface_hub")  # only here: a folder needs no network
        names = [SIZES, "model*.safetensors", INDEX]
        return Path(hub.snapshot_download(folder_or_name, allow_patterns=names))
    except ImportError:
        raise OSError(
            f"There is no folder {folder_or_name}, and to bring it from the hub needs "
            f"huggingface_hub: pip install huggingface_hub"
        ) from None
    except (OSError, ValueError) as error:  # offline, unknown, private; the hub's own words tell
        raise OSError(
            f"There is no folder {folder_or_name}, and the Hugging Face hub did not give it: "
            f"{str(error).strip().splitlines()[0]}"
        ) from None


def files_of(folder: Path) -> list[Path]:
    """The safetensors files that make up the model in `folder`.

    Raises: ValueError where there are none, and what to do if there is a pickle instead.
    """
    if (folder / TENSORS).is_file():  # as in transformers: an index beside it is an older one's
        return [folder / TENSORS]
    if (folder / INDEX).is_file():
        listed = read_json_object(folder / INDEX).get("weight_map")
        if not isinstance(listed, dict) or not listed:
            raise ValueError(f"{folder / INDEX} lists no files: it has no weight_map.")
        return [folder / str(name) for name in sorted(set(listed.values()))]
    for pickled in sorted([*folder.glob("*.bin"), *folder.glob("*.pt")]):
        refuse_pickle(pickled)
    raise ValueError(f"There is no {TENSORS} in {folder}: the folder has no weights.")


def read_json_object(file: Path) -> dict:
    """Raises: ValueError for anything but a JSON object."""
    try:
        content = parse_json(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise ValueError(f"{file} is JSON, but not an object: {content!r:.40}.")
    return content


def read_sizes(file: Path) -> dict:
    """Raises: OSError if they are not there; ValueError if they are no JSON object."""
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}, which has the sizes of the model.")
    told = read_json_object(file)
    if told.get("model_type") != "gpt2":
        kind = told.get("model_type")
        ours = " A folder that `save` wrote is read by GPT.load." if kind is None else ""
        raise ValueError(f"{file} says model_type={kind!r}; only 'gpt2' is known here.{ours}")
    return told


def config_of(told: dict) -> GPTConfig:
    """Our sizes from theirs. Raises: ValueError for a switch that we do not compute."""
    for name, ours in ALWAYS.items():
        if told.get(name, ours) != ours:
            raise ValueError(f"{SIZES} says {name}={told[name]!r}; only {ours!r} is computed here.")
    sizes: dict[str, Any] = {name: size_of(told, name) for name in SIZE_NAMES}
    if told.get("n_inner") not in (None, 4 * sizes["n_embd"]):
        raise ValueError(
            f"{SIZES} says n_inner={told['n_inner']}; here the MLP is always 4 times as wide as "
            f"n_embd, which is {4 * sizes['n_embd']}."
        )
    theirs = told.get("activation_function", "gelu_new")
    if theirs not in ACTIVATION_OF:
        raise ValueError(
            f"{SIZES} says activation_function={theirs!r}; there are {', '.join(ACTIVATION_OF)}."
        )
    tied = told.get("tie_word_embeddings", True)
    return GPTConfig(**sizes, bias=True, activation=ACTIVATION_OF[theirs], tie_weights=tied)


def size_of(told: dict, name: str) -> int:
    """A size under either of its names; transformers' GPT2Config reads both.

    Raises: ValueError if both are there and differ.
    """
    found = {theirs: told[theirs] for theirs in SIZE_NAMES[name] if told.get(theirs) is not None}
    if len(set(found.values())) > 1:
        raise ValueError(f"{SIZES} says {' and '.join(f'{k}={v}' for k, v in found.items())}.")
    return next(iter(found.values()), getattr(GPTConfig.preset("gpt2"), name))


SIZE_NAMES = {  # ours -> theirs, the one that we write first
    "vocab_size": ("vocab_size",),
    "block_size": ("n_positions", "max_position_embeddings"),
    "n_layer": ("n_layer", "num_hidden_layers"),
    "n_head": ("n_head", "num_attention_heads"),
    "n_embd": ("n_embd", "hidden_size"),
}


def write_hf(folder: Path, config: GPTConfig, tensors: Tensors) -> None:
    """A folder that `GPT2LMHeadModel.from_pretrained` loads.

    Their linear layers always add a number; a model without such numbers gets zeros, which
    compute the same. Raises: ValueError for a model that theirs cannot compute.
    """
    if config.rope or config.qk_norm:
        raise ValueError(
            f"transformers' GPT-2 learns a vector for each place and compares queries and keys as "
            f"they are; this model has rope={config.rope}, qk_norm={config.qk_norm}. Keep it with "
            f"save(folder)."
        )
    if config.norm != "layernorm" or config.norm_embeddings or not config.final_norm:
        raise ValueError(
            "transformers' GPT-2 has LayerNorms, one before each half of a block and one at the "
            f"end; this model has norm={config.norm!r}, norm_embeddings={config.norm_embeddings}, "
            f"final_norm={config.final_norm}. Keep it with save(folder)."
        )
    theirs = {}
    for name, tensor in tensors.items():
        owner, _, kind = name.rpartition(".")
        upright = tensor.t() if name.endswith(ON_THEIR_SIDE) else tensor  # (out, in) -> (in, out)
        prefix = "" if owner == "lm_head" else "transformer."
        theirs[prefix + name] = upright
        if kind == "weight" and not config.bias and owner not in ("wte", "wpe", "lm_head"):
            theirs[f"{prefix}{owner}.bias"] = tensor.new_zeros(len(tensor))
    write_model(folder, theirs, sizes_for_hf(config, tensors), notes={})


def sizes_for_hf(config: GPTConfig, tensors: Tensors) -> dict:
    """What `GPT2Config` reads."""
    activation = {ours: theirs for theirs, ours in reversed(ACTIVATION_OF.items())}
    last = (
        config.vocab_size - 1 if config.vocab_size == GPTConfig.preset("gpt2").vocab_size else None
    )
    return {
        "architectures": ["GPT2LMHeadModel"],
        "model_type": "gpt2",
        **{theirs: getattr(config, ours) for ours, (theirs, *_) in SIZE_NAMES.items()},
        "activation_function": activation[config.activation],
        **{f"{part}_pdrop": config.dropout for part in ("resid", "embd", "attn")},
        **{name: value for name, value in ALWAYS.items()},
        "tie_word_embeddings": config.tie_weights,
        "bos_token_id": last,
        "eos_token_id": last,
        "dtype": str(tensors["wte.weight"].dtype).removeprefix("torch."),
    }
