"""A tokenizer by its name, or from the file that it was saved in."""

from pathlib import Path
from typing import Any

from gptcore.checks import as_path
from gptcore.tokenizers.byte_pair import BPETokenizer
from gptcore.tokenizers.characters import CharTokenizer
from gptcore.tokenizers.formats.model_folder import is_hf_path
from gptcore.tokenizers.huggingface import HFTokenizer
from gptcore.tokenizers.openai import ENCODINGS, TiktokenTokenizer, unknown_tokenizer_error
from gptcore.tokenizers.serialization import FORMAT, VERSION, read_tokenizer_file
from gptcore.tokenizers.tokenizer import Tokenizer

KINDS: dict[str, type[Tokenizer]] = {
    cls.kind: cls for cls in (BPETokenizer, CharTokenizer, TiktokenTokenizer, HFTokenizer)
}


def load_tokenizer(name_or_path: str | Path) -> Tokenizer:
    """The tokenizer with this name, or the one saved in this file.

    Args:
        name_or_path: gpt2, cl100k_base or o200k_base; or a file that `save` wrote; or the
            manifest.json of shards, for the tokenizer that made them; or a tokenizer.json of
            Hugging Face, a folder with one, or a GGUF file.

    Raises:
        ValueError: If there is neither.
        TextUnavailableError: If its vocabulary is not on this machine.

    Example:
        >>> CharTokenizer("abc").save("letters.json")
        >>> load_tokenizer("letters.json").encode("cab")
        [2, 0, 1]
    """
    if str(name_or_path) in ENCODINGS:
        return TiktokenTokenizer(str(name_or_path))
    path = as_path(name_or_path, "The tokenizer")
    if not path.exists():
        raise unknown_tokenizer_error(name_or_path)
    if path.suffix == ".gguf" or is_hf_path(path):
        return HFTokenizer.load(path)
    if (path / "tokenizer.json").exists():
        path /= "tokenizer.json"
    kind = read_tokenizer_file(path).get("kind")
    if kind not in KINDS:
        raise ValueError(
            f"The file {path} has a tokenizer of kind {kind!r}; this gptcore knows "
            f"{', '.join(KINDS)}. Read it with the gptcore that wrote it."
        )
    return KINDS[kind].load(path)


def to_saved_dict(tokenizer: Tokenizer) -> dict[str, Any] | None:
    """What the file of a tokenizer says; None for a class that `load_tokenizer` cannot load.

    Args:
        tokenizer: Any.
    """
    if getattr(tokenizer, "kind", None) not in KINDS:
        return None
    known = {"kind": tokenizer.kind, "sha256": tokenizer.sha256}
    return {"format": FORMAT, "version": VERSION, **known, **tokenizer.to_dict()}
