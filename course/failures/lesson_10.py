"""A shard with one flipped bit. Read this after you have found it."""

from pathlib import Path

from gptcore.corpus import open_shard
from gptcore.corpus.shards.shards import HEADER_BYTES
from gptcore.tokenizers import BPETokenizer

BEFORE, TOKEN, AFTER = b"mid", ord("n"), b"ight"  # "midnight", whose n is a token of its own
BIT = 1  # n becomes l


def flip(content: bytes, bit: int) -> bytes:
    """The same bytes with one bit flipped. Bit 0 is the lowest of the first byte."""
    place, within = divmod(bit, 8)
    changed = bytearray(content)
    changed[place] ^= 1 << within
    return bytes(changed)


def with_one_bit_flipped(shard: Path, copy: Path, tokenizer: BPETokenizer) -> Path:
    """Lesson 10: a copy of the shard in which one token is another one, somewhere in its middle.

    Raises: ValueError if there is no midnight in it that is cut as we need it.
    """
    ids = open_shard(shard).tolist()
    places = [
        i
        for i in range(1, len(ids) - 1)
        if ids[i] == TOKEN
        and tokenizer.token_bytes(ids[i - 1]).endswith(BEFORE)
        and tokenizer.token_bytes(ids[i + 1]).startswith(AFTER)
    ]
    if not places:
        raise ValueError(f"{shard.name} has no midnight with an n of its own: choose another word.")
    place = places[len(places) // 2]
    copy.write_bytes(flip(shard.read_bytes(), 8 * (HEADER_BYTES + 2 * place) + BIT))
    return copy
