"""A model as Hugging Face stores it: a folder of `config.json` and safetensors, or its hub name.

The names of tensors are those of an architecture: `hf_gpt2.py` and `hf_llama.py` translate them.
"""

from collections.abc import Collection, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from gptcore.checks import as_path
from gptcore.files import write_json
from gptcore.formats.hf_config import HFConfig
from gptcore.formats.hf_gpt2 import gpt2_from_hf, gpt2_to_hf
from gptcore.formats.hf_llama import llama_from_hf, llama_to_hf
from gptcore.formats.hf_llama_config import MODEL_TYPES
from gptcore.formats.weights import (
    CONFIG_NAME,
    WEIGHTS_NAME,
    StateDict,
    load_tensors,
    reject_pickle,
    write_model,
)
from gptcore.json_text import read_json_object

GENERATION_NAME = "generation_config.json"
INDEX_NAME = f"{WEIGHTS_NAME}.index.json"  # lists the files of a large model
TOKENIZER_NAMES = ("tokenizer*.json", "special_tokens_map.json", "chat_template.jinja")


def read_hf(
    folder_or_name: str | Path, ignore_fields: Collection[str] = ()
) -> tuple[dict[str, Any], StateDict]:
    """Load config and weights of a GPT-2 or a model of the Llama family.

    Args:
        folder_or_name: A folder, or a name on the Hugging Face hub.
        ignore_fields: Fields of `config.json` that are known not to change the computation.

    Returns:
        The fields of `GPTConfig`, and the tensors under our names, in the layout of `nn.Linear`.

    Raises:
        ValueError: If it is an architecture or has a setting that we do not compute, or is a
            pickle.
        OSError: If it cannot be read or downloaded.
    """
    folder = resolve_folder(folder_or_name)
    files = weight_files(folder)
    hf_config = read_hf_config(folder / CONFIG_NAME)
    for name in ignore_fields:
        hf_config.pop(name, None)
    tensors: StateDict = {}
    for file in files:
        more = load_tensors(file)[0]
        if twice := sorted(tensors.keys() & more.keys()):
            raise ValueError(f"{file} has {twice[0]}, which another file of {folder} has, too.")
        tensors |= more
    return from_hf_names(hf_config, tensors)


def from_hf_names(hf_config: HFConfig, tensors: StateDict) -> tuple[dict[str, Any], StateDict]:
    """Translate config and state dict of any supported architecture into ours.

    Args:
        hf_config: The content of `config.json`.
        tensors: The state dict in Hugging Face's layout.

    Returns:
        The fields of `GPTConfig`, and the tensors under our names.
    """
    translate = gpt2_from_hf if hf_config["model_type"] == "gpt2" else llama_from_hf
    return translate(hf_config, tensors)


def to_hf_names(fields: dict[str, Any], tensors: StateDict) -> tuple[HFConfig, StateDict]:
    """Translate our config and state dict into those of an architecture of transformers.

    Args:
        fields: The fields of `GPTConfig`; a model with RoPE becomes one of the Llama family.
        tensors: The state dict, without a tied head.

    Returns:
        The content of `config.json`, and the tensors in Hugging Face's layout.

    Raises:
        ValueError: If transformers has no such model; the error names its switches.
    """
    translate = llama_to_hf if fields["rope"] else gpt2_to_hf
    return translate(fields, tensors)


def write_hf(
    folder: Path,
    fields: dict[str, Any],
    tensors: StateDict,
    bos_token_id: int | None = None,
    eos_token_ids: Sequence[int] = (),
) -> None:
    """Write a folder that transformers' `AutoModelForCausalLM` loads.

    Args:
        folder: Is created if it does not exist.
        fields: The fields of `GPTConfig`; a model with RoPE becomes one of the Llama family.
        tensors: The state dict, without a tied head.
        bos_token_id: Token that begins a text.
        eos_token_ids: Tokens after which `generate` stops.

    Raises:
        ValueError: If transformers has no such model.
    """
    hf_config, hf_tensors = to_hf_names(fields, tensors)
    hf_config["dtype"] = str(tensors["wte.weight"].dtype).removeprefix("torch.")
    eos = eos_token_ids[0] if len(eos_token_ids) == 1 else list(eos_token_ids) or None
    token_ids = {"bos_token_id": bos_token_id, "eos_token_id": eos}
    write_model(folder, hf_tensors, hf_config | token_ids, metadata={})
    write_json(folder / GENERATION_NAME, token_ids)


def read_hf_config(file: Path) -> HFConfig:
    """Read `config.json`; ValueError for an architecture that we do not compute."""
    if not file.is_file():
        raise FileNotFoundError(f"There is no file {file}, which has the sizes of the model.")
    hf_config = read_json_object(file)
    model_type = hf_config.get("model_type")
    if model_type not in ("gpt2", *MODEL_TYPES):
        hint = " A folder that `save` wrote is loaded by GPT.load." if model_type is None else ""
        raise ValueError(
            f"{file} has model_type={model_type!r}; supported are gpt2, "
            f"{', '.join(MODEL_TYPES)}.{hint}"
        )
    return hf_config


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
        names = [CONFIG_NAME, "model*.safetensors", INDEX_NAME, *TOKENIZER_NAMES]
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
