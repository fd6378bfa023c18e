"""What a page needs of a tokenizer: the text of each token, and how a typed text is split.

`assets/tokenizer.js` reads it.
"""

from typing import Any

from gptcore.tokenizers.byte_pair import BPETokenizer
from gptcore.tokenizers.characters import CharTokenizer
from gptcore.tokenizers.pretokenization import PATTERNS
from gptcore.tokenizers.tokenizer import Tokenizer

SPLITS = ("gpt2", "gpt4", "gpt4o", "none")  # patterns that `assets/tokenizer.js` has


def describe_tokenizer(tokenizer: Tokenizer) -> dict[str, Any]:
    """The argument of `makeTokenizer` in `assets/tokenizer.js`.

    Args:
        tokenizer: A `CharTokenizer`, or a `BPETokenizer` with one of the patterns in `SPLITS`.

    Returns:
        For JSON: `kind`; `tokens`, each a text, or a list of bytes where these are no text;
        `special_ids`, `end_of_text`, `stop_ids`, and for byte pairs the name of the `split`.

    Raises:
        ValueError: If the page cannot split a text as this tokenizer does.
    """
    described: dict[str, Any] = {
        "kind": tokenizer.kind,
        "tokens": [as_text(tokenizer.bytes_of.get(id)) for id in range(tokenizer.vocab_size)],
        "special_ids": sorted(tokenizer.special_tokens.values()),
        "end_of_text": tokenizer.end_of_text,
        "stop_ids": sorted(tokenizer.stop_ids),
    }
    if isinstance(tokenizer, CharTokenizer):
        return described
    split = next((name for name in SPLITS if PATTERNS[name] == split_pattern(tokenizer)), None)
    if split is None:
        raise ValueError(
            f"A page cannot split text as this {type(tokenizer).__name__} does. It can with a "
            f"CharTokenizer, and with a BPETokenizer whose pattern is one of {', '.join(SPLITS)}. "
            f"Export the model as a Hugging Face folder, or train it with one of these."
        )
    return described | {"split": split}


def split_pattern(tokenizer: Tokenizer) -> str | None:
    """The regular expression of a byte-pair tokenizer of ours; None for any other."""
    return tokenizer.pattern if isinstance(tokenizer, BPETokenizer) else None


def as_text(token: bytes | None) -> str | list[int]:
    """A token as text; as a list of bytes if it is half of a character, or if there is none."""
    try:
        return (token or b"").decode()
    except UnicodeDecodeError:
        return list(token or b"")
