"""Shards: files of token ids that a training run maps into memory and a C program can read.

The format is llm.c's: a header of 256 int32 (magic, version, number of tokens, then zeros), then
the ids, 2 bytes each if the whole vocabulary fits, else 4. It is not compressed, because a program
maps it into memory as it is.
Source: github.com/karpathy/llm.c, dev/data/data_common.py.
"""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gptcore.files import atomic_path

HEADER_INTS = 256
HEADER_BYTES = HEADER_INTS * 4
MAX_TOKENS = 2**31 - 1  # the largest int32 in the header


class ShardDamagedError(OSError):
    """A file is not a shard, or is not the shard that was written.

    Example:
        >>> Path("a.bin").write_text("?")
        1
        >>> open_shard(Path("a.bin"))
        Traceback (most recent call last):
        ...
        gptcore.corpus.shards.shards.ShardDamagedError: The file a.bin is not a shard: it ...
    """


@dataclass(frozen=True)
class ShardFormat:
    """How ids are stored, and the two numbers that say so in the header."""

    magic: int
    version: int
    dtype: np.dtype[Any]


UINT16 = ShardFormat(20240520, 1, np.dtype("<u2"))
UINT32 = ShardFormat(20240801, 7, np.dtype("<u4"))
MAGICS = (UINT16.magic, UINT32.magic)


def format_for(vocab_size: int) -> ShardFormat:
    """The smallest format that can store every id below `vocab_size`."""
    return UINT16 if vocab_size <= 2**16 else UINT32


def make_header(tokens: int, fmt: ShardFormat) -> bytes:
    """The header of a shard with that many tokens."""
    if tokens > MAX_TOKENS:
        raise ValueError(
            f"{tokens:,} tokens do not fit into one shard, whose header counts to "
            f"{MAX_TOKENS:,}. Use smaller shards (--shard_bytes), or cut the source into smaller "
            "files or row groups."
        )
    header = np.zeros(HEADER_INTS, dtype="<i4")
    header[:3] = fmt.magic, fmt.version, tokens
    return header.tobytes()


def write_shard(path: Path, ids: ArrayLike, vocab_size: int) -> None:
    """Write token ids as one shard.

    Args:
        path: The file. It appears under this name only when it is complete.
        ids: Token ids, shape (tokens,).
        vocab_size: Decides whether an id takes 2 or 4 bytes.

    Raises:
        ValueError: If an id is not in the vocabulary.

    Example:
        >>> write_shard(Path("a.bin"), [3, 1, 2], vocab_size=4)
        >>> open_shard(Path("a.bin")).tolist()
        [3, 1, 2]
    """
    ids = np.asarray(ids)
    fmt = format_for(vocab_size)
    check_ids(ids, vocab_size)
    with atomic_path(path) as part, open(part, "wb") as file:
        file.write(make_header(len(ids), fmt))
        file.write(ids.astype(fmt.dtype).tobytes())


def check_ids(ids: NDArray[Any], vocab_size: int) -> None:
    """Check that all ids are in the vocabulary; in 2 bytes larger ones would wrap around."""
    if len(ids) and not (int(ids.min()) >= 0 and int(ids.max()) < vocab_size):
        wrong = int(ids.max()) if int(ids.max()) >= vocab_size else int(ids.min())
        raise ValueError(
            f"The tokenizer returned token {wrong}, but says that its tokens are 0 to "
            f"{vocab_size - 1:,}. Its vocab_size must be larger than every token that it returns."
        )


def open_shard(path: Path) -> NDArray[Any]:
    """Map a shard into memory without reading it.

    Args:
        path: The file.

    Returns:
        The token ids, shape (tokens,), uint16 or uint32.

    Raises:
        ShardDamagedError: If the file cannot be read, or header and size do not match.

    Example:
        >>> open_shard(Path("web/train_000000.bin")).shape
        (5000,)
    """
    fmt, tokens = read_header(path)
    if not tokens:
        return np.zeros(0, fmt.dtype)  # an empty region cannot be mapped
    return np.memmap(path, fmt.dtype, mode="r", offset=HEADER_BYTES, shape=(tokens,))


def read_header(path: Path) -> tuple[ShardFormat, int]:
    """Format and number of tokens, compared with the size of the file.

    Raises:
        ShardDamagedError: If they do not match.
    """
    try:
        with open(path, "rb") as file:
            header = np.frombuffer(file.read(HEADER_BYTES).ljust(HEADER_BYTES, b"\0"), "<i4")
        size_bytes = path.stat().st_size
    except OSError as error:
        raise ShardDamagedError(f"The shard {path} cannot be read ({error.strerror}).") from None
    magic, version, tokens = (int(number) for number in header[:3])
    fmt = next((f for f in (UINT16, UINT32) if (f.magic, f.version) == (magic, version)), None)
    if fmt is None:
        raise ShardDamagedError(
            f"The file {path} is not a shard: it begins with {magic}, version {version}, instead "
            f"of {UINT16.magic}, version {UINT16.version} or {UINT32.magic}, version "
            f"{UINT32.version}."
        )
    expected_bytes = HEADER_BYTES + tokens * fmt.dtype.itemsize
    if size_bytes != expected_bytes:
        raise ShardDamagedError(
            f"The shard {path} is incomplete: its header counts {tokens:,} tokens, which take "
            f"{expected_bytes:,} bytes, and the file has {size_bytes:,}."
        )
    return fmt, tokens


def prepare_command(plan: dict[str, Any], folder: Path) -> str:
    """The command line that made the shards in a folder, and that continues or repairs them."""
    words = list(plan["command"])
    document = plan["settings"].get("document")
    if document and "--document" not in words:  # the default of the text, then
        words += ["--document", document]
    if "saved" in plan["tokenizer"]:
        kept = "manifest.json" if (folder / "manifest.json").exists() else "plan.json"
        words[words.index("--tokenizer") + 1] = str(folder / kept)
    return shlex.join([*words, "--out", str(folder)])
