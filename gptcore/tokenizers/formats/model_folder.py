"""The files of a model's folder that describe its tokenizer."""

from pathlib import Path
from typing import Any

from gptcore.files import write_json, write_text
from gptcore.json_text import parse_json

ROLES = ("bos_token", "eos_token", "unk_token", "pad_token")


def is_tokenizer_json(content: object) -> bool:
    """Whether a JSON value is a tokenizer of Hugging Face."""
    return isinstance(content, dict) and "added_tokens" in content and "model" in content


def is_hf_path(path: Path) -> bool:
    """Whether a path names a tokenizer of Hugging Face: a folder, or a tokenizer.json.

    Args:
        path: Any.
    """
    file = path / "tokenizer.json" if path.is_dir() else path
    try:
        return is_tokenizer_json(parse_json(file.read_bytes()))
    except (OSError, ValueError):
        return False


def read_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file; ValueError if there is none."""
    try:
        content = parse_json(file.read_bytes())
    except OSError as error:
        raise ValueError(
            f"There is no tokenizer to read at {file} ({error.strerror or error}). Name a "
            "tokenizer.json, or the folder of a model that has one."
        ) from None
    except ValueError as error:
        raise ValueError(
            f"The file {file} is damaged: it is not JSON ({error}). Download it again."
        ) from None
    if not isinstance(content, dict):
        raise ValueError(f"The file {file} is damaged: it is no JSON object. Download it again.")
    return content


def read_config(folder: Path) -> dict[str, Any]:
    """Names of special tokens and the chat template, from the files of a model's folder.

    Args:
        folder: Of the model.

    Returns:
        The config of a tokenizer; and "added_tokens" as in a tokenizer.json.
    """
    config: dict[str, Any] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json", "chat_template.json"):
        content = read_object(folder / name) if (folder / name).exists() else {}
        for key in (*ROLES, "chat_template"):
            if value := content.get(key):
                config[key] = text_of(value)
        for id, entry in content.get("added_tokens_decoder", {}).items():
            config.setdefault("added_tokens", []).append({"id": int(id), **entry})
    template = folder / "chat_template.jinja"
    if template.exists():
        config["chat_template"] = template.read_text(encoding="utf-8")
    return config


def text_of(value: Any) -> str:
    """A token or template as text; files also write a token as an object, and name templates."""
    if isinstance(value, dict):
        return str(value["content"])
    if isinstance(value, list):
        named = {entry["name"]: entry["template"] for entry in value}
        return str(named.get("default", ""))
    return str(value)


def write_pretrained(folder: Path, spec: dict[str, Any], config: dict[str, Any]) -> None:
    """Write the files of a tokenizer as transformers reads them.

    Args:
        folder: It is made if it is not there.
        spec: The content of `tokenizer.json`.
        config: bos_token, eos_token, unk_token, pad_token and chat_template, as far as known.

    Raises:
        OSError: If they cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "tokenizer.json", spec)
    known = {role: config[role] for role in ROLES if config.get(role)}
    how = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False}
    write_json(folder / "tokenizer_config.json", how | known)
    if template := config.get("chat_template"):
        write_text(folder / "chat_template.jinja", template)
