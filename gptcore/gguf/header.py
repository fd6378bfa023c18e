"""The header of a GGUF file: its metadata, and where each tensor is. No tensor is read.

GGUF is the format of llama.cpp: metadata (sizes, tokenizer, chat template), a table of tensors, and
then the tensors. All lengths are checked against the size of the file before anything is read.
Source: docs/gguf.md in the repository ggml-org/ggml.
"""

import mmap
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAGIC = b"GGUF"
VERSIONS = (2, 3)  # they differ only in that 3 may be big-endian, which is not read
SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
STRING, ARRAY = 8, 9
MAX_DIMENSIONS = 4
DEFAULT_ALIGNMENT = 32


@dataclass(frozen=True)
class TensorInfo:
    """A row of the table of tensors.

    Attributes:
        name: llama.cpp's name, such as "blk.0.attn_q.weight".
        shape: As in PyTorch: the last axis is contiguous. (GGUF stores the reverse.)
        type_id: How its numbers are stored; ggml's number, 0 for float32.
        offset: Where it begins, in bytes from the beginning of the file.
    """

    name: str
    shape: tuple[int, ...]
    type_id: int
    offset: int


@dataclass(frozen=True)
class GGUFHeader:
    """What a GGUF file says before its tensors.

    Attributes:
        path: The file.
        bytes: Its size.
        metadata: Values by key, such as "general.architecture" or "tokenizer.ggml.tokens".
        tensors: The table of tensors, by name.
    """

    path: Path
    bytes: int
    metadata: dict[str, Any]
    tensors: dict[str, TensorInfo]


def read_header(path: Path) -> GGUFHeader:
    """Read the header of a GGUF file.

    Args:
        path: The file.

    Returns:
        Metadata and table of tensors.

    Raises:
        ValueError: If it is not a GGUF, or of a version or byte order that is not read.
        OSError: If the file does not exist, is cut inside its header, or the header is damaged.
    """
    if not path.is_file():
        raise FileNotFoundError(f"There is no file {path}.")
    with path.open("rb") as file:
        start = file.read(8)
        check_start(path, start)
        size = os.fstat(file.fileno()).st_size
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return Cursor(path, mapped, size).header()


def check_start(path: Path, start: bytes) -> None:
    """Raise ValueError or OSError if the first 8 bytes do not begin a GGUF that can be read."""
    if start[:4] != MAGIC:
        raise ValueError(f"{path} is not a GGUF file: it begins with {start[:4]!r}, not {MAGIC!r}.")
    if len(start) < 8:
        raise OSError(f"{path} is cut: it has {len(start)} bytes. Copy or download it again.")
    (version,) = struct.unpack("<I", start[4:])
    if version and version & 0xFFFF == 0:
        raise ValueError(
            f"{path} is a big-endian GGUF; only little-endian files are read. llama.cpp's "
            f"gguf-convert-endian makes one from it: gguf-convert-endian {path.name} little"
        )
    if version not in VERSIONS:
        raise ValueError(
            f"{path} is GGUF version {version}; the versions that are read are "
            f"{' and '.join(map(str, VERSIONS))}. Convert the model again with a current llama.cpp."
        )


class Cursor:
    """Reads a header from its beginning to its end; every read is checked against the file."""

    def __init__(self, path: Path, buffer: mmap.mmap, size: int) -> None:
        self.path, self.buffer, self.size = path, buffer, size
        self.at = 8  # after magic and version

    def header(self) -> GGUFHeader:
        """Metadata, and then the table of tensors."""
        n_tensors, n_fields = self.number("Q"), self.number("Q")
        self.need(12 * n_fields + 24 * n_tensors, "its tables")  # the least that they take
        metadata: dict[str, Any] = {}
        for _ in range(n_fields):
            key = self.text("a key")
            if key in metadata:
                raise self.damaged(f"two fields are called {key!r:.80}")
            metadata[key] = self.value(self.number("I"), key)
        rows = [self.tensor_row() for _ in range(n_tensors)]
        alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
        if not isinstance(alignment, int) or alignment < 1 or alignment & (alignment - 1):
            raise self.damaged(f"general.alignment={alignment!r:.20} is not a power of two")
        data_start = -(-self.at // alignment) * alignment
        tensors: dict[str, TensorInfo] = {}
        for name, shape, type_id, offset in rows:
            if name in tensors:
                raise self.damaged(f"two tensors are called {name!r:.80}")
            if offset % alignment:
                raise self.damaged(f"{name!r:.80} begins at {offset}, which is not aligned")
            tensors[name] = TensorInfo(name, shape, type_id, data_start + offset)
        return GGUFHeader(self.path, self.size, metadata, tensors)

    def tensor_row(self) -> tuple[str, tuple[int, ...], int, int]:
        """Name, shape, type and offset of a tensor."""
        name, n_dimensions = self.text("the name of a tensor"), self.number("I")
        if not 1 <= n_dimensions <= MAX_DIMENSIONS:
            raise self.damaged(f"{name!r:.80} has {n_dimensions} dimensions")
        shape = tuple(reversed([self.number("Q") for _ in range(n_dimensions)]))
        return name, shape, self.number("I"), self.number("Q")

    def value(self, kind: int, key: str) -> Any:
        """A value of that kind."""
        if kind in SCALARS:
            number = self.number(SCALARS[kind])
            return shortest(number) if SCALARS[kind] == "f" else number
        if kind == STRING:
            return self.text(key)
        if kind != ARRAY:
            raise self.damaged(f"{key!r:.80} has the unknown type {kind}")
        item, length = self.number("I"), self.number("Q")
        if item == STRING:
            self.need(8 * length, key)  # before a list of that length is made
            return [self.text(key) for _ in range(length)]
        if item not in SCALARS:
            raise self.damaged(f"{key!r:.80} is a list of the type {item}, which is not read")
        n_bytes = self.need(length * struct.calcsize(SCALARS[item]), key)
        values = struct.unpack_from(f"<{length}{SCALARS[item]}", self.buffer, self.at)
        self.at += n_bytes
        return list(values)

    def number(self, code: str) -> Any:
        """One number; `code` is that of `struct`."""
        n_bytes = self.need(struct.calcsize(f"<{code}"), "a number")
        (number,) = struct.unpack_from(f"<{code}", self.buffer, self.at)
        self.at += n_bytes
        return number

    def text(self, what: str) -> str:
        """A string in UTF-8 after its length."""
        n_bytes = self.need(self.number("Q"), what)
        self.at += n_bytes
        try:
            return self.buffer[self.at - n_bytes : self.at].decode("utf-8")
        except UnicodeDecodeError:
            raise self.damaged(f"{what!r:.80} is not text") from None

    def need(self, n_bytes: int, what: str) -> int:
        """Return `n_bytes`, or raise OSError if the file has fewer from here on."""
        if self.at + n_bytes > self.size:
            raise OSError(
                f"{self.path} is cut or damaged: {what!r:.80} needs {n_bytes:,} bytes at byte "
                f"{self.at:,}, and the file has {self.size:,}. Copy or download it again."
            )
        return n_bytes

    def damaged(self, why: str) -> OSError:
        """The error for a header that contradicts the format."""
        return OSError(
            f"The header of {self.path} is damaged near byte {self.at:,}: {why}. "
            f"Copy or download the file again."
        )


def shortest(number: float) -> float:
    """The shortest decimal number that is this float32: 9.99999974e-06 -> 1e-05."""
    if number != number or number in (float("inf"), -float("inf")):
        return number
    raw = struct.pack("<f", number)
    candidates = (float(f"{number:.{digits}g}") for digits in range(6, 9))
    return next((short for short in candidates if is_float32(short, raw)), number)


def is_float32(number: float, raw: bytes) -> bool:
    """Whether the number has these four bytes as float32."""
    try:
        return struct.pack("<f", number) == raw
    except OverflowError:  # rounded up beyond the largest float32
        return False
