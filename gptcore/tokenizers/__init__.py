"""Text <-> ids: characters, byte pairs learned from scratch, and OpenAI's vocabularies.

The flat names (`gptcore.tokenizers.BPETokenizer`, ...) come from their files when they are asked
for, so that importing this package loads nothing: no regex, no tiktoken. `__init__.pyi` is for
type checkers.
"""

from importlib import import_module

HOME_OF = {
    "Tokenizer": "tokenizer",
    "CharTokenizer": "characters",
    "UnknownCharacterError": "characters",
    "BPETokenizer": "byte_pair",
    "TiktokenTokenizer": "openai",
    "GPT2Tokenizer": "openai",
    "load_tokenizer": "registry",
    "SpecialTokenInTextError": "special_tokens",
    "PATTERNS": "pretokenization",
    "pretokenize": "pretokenization",
    "count_pairs": "merges",
    "merge": "merges",
    "train_naive": "merges",
    "train_counted": "merges",
    "train_incremental": "merges",
}
__all__ = list(HOME_OF)


def __getattr__(name: str):
    """Import the file that has `name`, and hand its `name` on."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.tokenizers has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.tokenizers.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """What can be asked for, so that Tab completes it before it is loaded."""
    return sorted([*globals(), *HOME_OF])
