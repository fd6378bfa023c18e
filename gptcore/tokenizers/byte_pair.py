"""Byte-pair tokenizer: text -> token ids -> text.

Starts from the 256 bytes, so that every text has ids, and merges the most frequent neighbours again
and again. `merges.py` trains it, `bpe_encode.py` encodes one pretoken. Text is not normalised.
Source: Sennrich, Haddow, Birch 2016, "Neural Machine Translation of Rare Words with Subword
    Units", arXiv 1508.07909; starting from bytes as in Radford et al. 2019, GPT-2.
"""

import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Self

from gptcore.checks import as_ids, as_int
from gptcore.tokenizers.bpe_encode import PretokenCache
from gptcore.tokenizers.hf_export import describe_byte_pairs
from gptcore.tokenizers.merges import Pair, train_incremental
from gptcore.tokenizers.pretokenization import (
    PATTERNS,
    check_coverage,
    check_text,
    has_huge_whitespace_run,
    iter_pretokens,
    pretokenize,
    resolve_pattern,
)
from gptcore.tokenizers.serialization import fingerprint_of_bytes
from gptcore.tokenizers.special_tokens import END_OF_TEXT, assign_ids
from gptcore.tokenizers.tokenizer import Tokenizer
from gptcore.tokenizers.vocabularies import gpt2_merges

if TYPE_CHECKING:
    import numpy as np
    import tiktoken
    from numpy.typing import NDArray


class BPETokenizer(Tokenizer):
    """Ids 0 to 255 are the bytes, then comes one for each merge, then the special tokens.

    Args:
        merges: Pairs of ids, as they were learned: the i-th makes token 256 + i out of two earlier
            ones.
        pattern: How a text is split into pretokens: a name of PATTERNS, or a regular expression.
        special_tokens: Their spellings; or spelling -> id.
        byte_order: The byte of each id from 0 to 255.

    Raises:
        ValueError: If merges, special tokens or pattern are inconsistent.

    Example:
        >>> BPETokenizer([(104, 105)]).encode("hi!")
        [256, 33]
    """

    kind = "byte-pair"

    def __init__(
        self,
        merges: Iterable[Pair],
        *,
        pattern: str = "gpt2",
        special_tokens: Iterable[str] | Mapping[str, int] = (),
        byte_order: Sequence[int] = range(256),
    ):
        self.merges = [check_merge(pair, i) for i, pair in enumerate(merges)]
        self.pattern = resolve_pattern(pattern)
        self.byte_order = as_ids(byte_order, "byte_order")
        self.id_of = build_vocab(self.merges, self.byte_order)
        self.special_tokens = assign_ids(special_tokens, first_id=len(self.id_of))
        self.bytes_of = {id: token for token, id in self.id_of.items()}
        self.bytes_of |= {id: text.encode() for text, id in self.special_tokens.items()}
        self.cache = PretokenCache(self.id_of)

    @classmethod
    def train(
        cls,
        texts: str | Iterable[str],
        *,
        vocab_size: int,
        pattern: str = "gpt2",
        special_tokens: Iterable[str] = (),
    ) -> Self:
        """Learn merges from one text or from a stream of texts.

        Only the counts of pretokens are kept in memory.

        Args:
            texts: One text, or any number of them.
            vocab_size: 256 bytes, merges and special tokens together. If there are fewer pairs to
                merge, training ends early with a warning.
            pattern: As for the class.
            special_tokens: Spellings; their ids follow those of the merges.

        Raises:
            ValueError: If `vocab_size` is too small, or if there is no text.
        """
        vocab_size = as_int(vocab_size, "vocab_size")
        special_tokens = list(assign_ids(special_tokens, first_id=256))
        n_merges = vocab_size - 256 - len(special_tokens)
        if n_merges < 0:
            raise ValueError(
                f"vocab_size={vocab_size} is too small for 256 bytes and {len(special_tokens)} "
                f"special tokens. Set it to {vocab_size - n_merges} or more."
            )
        counts = count_pretokens([texts] if isinstance(texts, str) else texts, pattern)
        merges = train_incremental(counts, n_merges)
        if len(merges) < n_merges:
            warnings.warn(
                f"vocab_size={vocab_size} is more than this text supports: after {len(merges)} "
                f"merges no pair was left to join. The tokenizer has vocab_size="
                f"{vocab_size - n_merges + len(merges)}; ask for that, or give more text.",
                stacklevel=2,
            )
        return cls(merges, pattern=pattern, special_tokens=special_tokens)

    @classmethod
    def from_gpt2(cls) -> Self:
        """GPT-2's tokenizer in plain Python, from its published merges.

        Raises:
            TextUnavailableError: If the vocabulary is not here; `gptcore fetch gpt2-vocabulary`
                downloads it.
        """
        byte_order, merges = gpt2_merges()
        return cls(merges, special_tokens=[END_OF_TEXT], byte_order=byte_order)

    def pretokens(self, text: str) -> list[str]:
        """The pieces of the text; pairs are merged only inside a piece.

        Args:
            text: Ordinary text.
        """
        return pretokenize(text, self.pattern)

    def encode_checked(self, text: str, start: int = 0) -> list[int]:
        return list(chain.from_iterable(map(self.cache.__getitem__, self.pretokens(text))))

    def encode_array(self, text: str) -> "NDArray[np.uint32]":
        """The ids of ordinary text as an array, by tiktoken where it gives the same ids.

        Args:
            text: Special tokens in it are ordinary text.

        Returns:
            Shape (T,).
        """
        check_text(text)
        if self.tiktoken_encoding is None or has_huge_whitespace_run(text):
            return super().encode_array(text)
        return self.tiktoken_encoding.encode_to_numpy(text, disallowed_special=())

    @cached_property
    def tiktoken_encoding(self) -> "tiktoken.Encoding | None":
        """What `to_tiktoken` returns; None without tiktoken, or for a pattern that is not ours.

        Trap: tiktoken silently drops what a pattern leaves out.
        """
        if self.pattern not in PATTERNS.values():
            return None
        try:
            return self.to_tiktoken()
        except ModuleNotFoundError:
            return None

    def to_tiktoken(self, name: str = "gptcore") -> "tiktoken.Encoding":
        """The same tokenizer in tiktoken: equal ids, several times as fast.

        Args:
            name: How tiktoken calls it.
        """
        import tiktoken  # noqa: PLC0415 - the tokenizer works without it

        return tiktoken.Encoding(
            name=name,
            pat_str=self.pattern,
            mergeable_ranks=self.id_of,
            special_tokens=self.special_tokens,
        )

    @cached_property
    def sha256(self) -> str:
        return fingerprint_of_bytes(self.pattern, self.id_of, self.special_tokens)

    def tokenizer_json(self) -> dict[str, Any]:
        """What Hugging Face's `tokenizer.json` says: a byte-level BPE with the same ids.

        Raises:
            ValueError: For a pattern of one's own, which its expressions may read differently.
        """
        return describe_byte_pairs(self.id_of, self.pattern, self.special_tokens)

    def to_dict(self) -> dict[str, Any]:
        names = ("pattern", "special_tokens", "byte_order", "merges")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        names = ("pattern", "special_tokens", "byte_order")
        return cls(content["merges"], **{name: content[name] for name in names})


def check_merge(pair: Pair, i: int) -> Pair:
    """Merge i as two ints; ValueError for anything but a pair of token ids."""
    ids = as_ids(pair, f"Merge {i}")
    if len(ids) != 2:
        raise ValueError(f"Merge {i} is {pair!r:.40}; a merge joins two tokens: (104, 105).")
    return ids[0], ids[1]


def build_vocab(merges: Sequence[Pair], byte_order: Sequence[int]) -> dict[bytes, int]:
    """The bytes of each token -> its id, in the order of the ids.

    Args:
        merges: In the order in which they were learned.
        byte_order: The byte of each id from 0 to 255.

    Raises:
        ValueError: If a merge joins tokens that do not exist yet, or makes one that exists.
    """
    if sorted(byte_order) != list(range(256)):
        raise ValueError(
            "byte_order must have each of the 256 bytes once; leave it out for 0..255."
        )
    tokens = [bytes([byte]) for byte in byte_order]
    id_of = {token: id for id, token in enumerate(tokens)}
    for i, (left, right) in enumerate(merges):
        if not (0 <= left < len(tokens) and 0 <= right < len(tokens)):
            raise ValueError(
                f"Merge {i} joins {left} and {right}, and before it there are only the tokens 0 "
                f"to {len(tokens) - 1}. Give the merges in the order in which they were learned."
            )
        token = tokens[left] + tokens[right]
        if token in id_of:
            raise ValueError(
                f"Merge {i} makes {token!r}, which token {id_of[token]} is already. Leave it out."
            )
        id_of[token] = len(tokens)
        tokens.append(token)
    return id_of


def count_pretokens(texts: Iterable[str], pattern: str) -> Counter[str]:
    """How often each pretoken occurs; ValueError if there is no text or the pattern has gaps."""
    counts: Counter[str] = Counter()
    characters = 0
    for i, text in enumerate(texts):
        check_text(text, f"Text {i}")
        counts.update(iter_pretokens(text, pattern))
        characters += len(text)
    if not characters:
        raise ValueError("There is nothing to learn from: no text, or only empty ones. Give some.")
    check_coverage(pattern, sum(len(piece) * n for piece, n in counts.items()), characters)
    return counts
