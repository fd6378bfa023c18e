"""Formats of source files: recognised by the name, and compared with the first bytes.

Text, JSON and CSV may be compressed with gzip, bzip2 or Zstandard; pyarrow decompresses them.
Archives of several files (.zip, .tar) need another program.
"""

import codecs
import shlex
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from gptcore.corpus.downloads.source import SourceDamagedError
from gptcore.corpus.reading.rows import first_line

FORMATS = {
    ".parquet": "parquet",
    ".txt": "text",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
}
COMPRESSIONS = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}
SUPPORTED = f"{', '.join(FORMATS)}; all but .parquet may be compressed: {', '.join(COMPRESSIONS)}"
COMPRESSION_MAGICS = {".gz": b"\x1f\x8b", ".bz2": b"BZh", ".zst": b"\x28\xb5\x2f\xfd"}
HEAD_BYTES = 4096
SAMPLE_BYTES = 4 * 2**20  # decompressed, to estimate the size of all

MAGIC_NUMBERS = {  # first bytes of other files -> what they are, and the way out
    b"\x1f\x8b": ("compressed with gzip", ".gz"),
    **{b"BZh%d1AY&SY" % level: ("compressed with bzip2", ".bz2") for level in range(1, 10)},
    b"\x28\xb5\x2f\xfd": ("compressed with Zstandard", ".zst"),
    b"PAR1": ("a parquet table", ".parquet"),
    b"\xfd7zXZ": ("compressed with xz", "Unpack it: xz -dk {file}"),
    b"PK\x03\x04": ("a zip archive, or an office document", "Extract its text first."),
    b"%PDF": ("a PDF document", "Extract its text first: pdftotext {file}"),
    b"\x89PNG": ("a picture", ""),
    b"\xff\xd8\xff": ("a picture", ""),
    b"SQLite format": ("a database", "Export its text as .csv or .jsonl."),
}
BYTE_ORDER_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}


@dataclass(frozen=True)
class Format:
    """A file format, and its compression ("" if there is none)."""

    kind: str
    compression: str = ""


def format_from_name(path: Path) -> Format | None:
    """The format of a file, by its name; None if it is not supported."""
    suffix, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    if suffix in FORMATS:
        return Format(FORMATS[suffix])
    if suffix in COMPRESSIONS and FORMATS.get(inner, "parquet") != "parquet":
        return Format(FORMATS[inner], COMPRESSIONS[suffix])
    return None


def known_format(path: Path) -> Format:
    """The format of a file that is known to have one."""
    found = format_from_name(path)
    assert found is not None, path
    return found


def open_bytes(path: Path) -> BinaryIO:
    """The content of the file, decompressed while it is read."""
    compression = known_format(path).compression
    if not compression:
        return open(path, "rb")
    stream = pa.CompressedInputStream(pa.OSFile(str(path)), compression)
    return cast(BinaryIO, BufferedReader(stream))


def uncompressed_bytes(path: Path) -> int:
    """The size of the content; for a large compressed file an estimate from its beginning.

    Raises:
        SourceDamagedError: If it cannot be decompressed.
    """
    size_bytes, compression = path.stat().st_size, known_format(path).compression
    if not compression:
        return size_bytes
    if not size_bytes:
        raise decompression_error(path, None)
    with pa.OSFile(str(path)) as file, pa.CompressedInputStream(file, compression) as stream:
        try:
            sample_bytes = len(stream.read(SAMPLE_BYTES))
        except (pa.ArrowException, OSError) as error:
            raise decompression_error(path, error) from None
        if sample_bytes < SAMPLE_BYTES:
            return sample_bytes
        return max(sample_bytes, sample_bytes * size_bytes // int(file.tell()))


def decompression_error(path: Path, error: BaseException | None) -> SourceDamagedError:
    """The error for a compressed file that cannot be decompressed."""
    ending = path.suffix.lower()
    with open(path, "rb") as file:
        begin = file.read(len(COMPRESSION_MAGICS[ending]))
    if not COMPRESSION_MAGICS[ending].startswith(begin):
        problem = (
            f"it begins with {begin!r} and is not a {ending} file. Rename it to what it is; if "
            f"it is not compressed, remove {ending}."
        )
    elif ending == ".zst" and "memory" in str(error):
        problem = f"{error}. Unpack it: zstd -d --long=31 {shlex.quote(str(path))}"
    else:
        problem = (first_line(error) if error and begin else "it is empty") + ". Restore the file."
    return SourceDamagedError(f"{path} cannot be unpacked: {problem}")


def check_is_text(path: Path) -> None:
    """Check the first bytes of the decompressed file.

    Raises:
        ValueError: If it is not UTF-8 text, with the way out.
        SourceDamagedError: If it cannot be decompressed.
    """
    try:
        with open_bytes(path) as file:
            head = file.read(HEAD_BYTES)
    except (pa.ArrowException, OSError) as error:
        if not known_format(path).compression:
            raise
        raise decompression_error(path, error) from None
    if problem := describe_binary(path, head):
        raise ValueError(f"{path} is not UTF-8 text: it is {problem}")


def describe_binary(path: Path, head: bytes) -> str:
    """What a file with these first bytes is, with the way out; "" for text."""
    for begin, name in BYTE_ORDER_MARKS.items():
        if head.startswith(begin):
            return f"{name}. {conversion_advice(path, name)}"
    for begin, (what, way_out) in MAGIC_NUMBERS.items():
        if head.startswith(begin):
            advice = renaming_advice(path, way_out) if way_out.startswith(".") else way_out
            return f"{what}. {about(path, advice)}".strip()
    zeros, even, odd = head.count(0), head[::2].count(0), head[1::2].count(0)
    if 10 * zeros < len(head) or not zeros:
        return ""
    if max(even, odd) > 0.3 * len(head) and min(even, odd) < 0.05 * len(head):
        name = "UTF-16LE" if odd > even else "UTF-16BE"
        return f"probably {name}: every other byte is zero. {conversion_advice(path, name)}"
    return f"binary: {zeros} of its first {len(head)} bytes are zero. Remove it from the sources."


def conversion_advice(path: Path, name: str) -> str:
    """How to convert a file in another encoding to UTF-8."""
    found = format_from_name(path)
    if found and found.compression:
        return f"Unpack it, and convert it with: iconv -f {name} -t UTF-8"
    new = shlex.quote(f"{path}.utf8")
    return about(
        path, f"Convert it: iconv -f {name} -t UTF-8 {{file}} > {new} && mv {new} {{file}}"
    )


def renaming_advice(path: Path, ending: str) -> str:
    """How to rename a file to the suffix of its content."""
    found = format_from_name(path)
    if found and found.compression:
        return UNPACK[path.suffix.lower()]
    if found is None and ending in COMPRESSIONS:
        return f"Rename it to say what is inside, such as {path.name}.jsonl{ending}."
    return f"Rename it: mv {{file}} {shlex.quote(str(path) + ending)}"


def about(path: Path, advice: str) -> str:
    """The advice with the name of the file in it, quoted for a shell."""
    return advice.replace("{file}", shlex.quote(str(path)))


UNPACK = {
    ".gz": "Unpack it: gzip -dk {file}",
    ".bz2": "Unpack it: bzip2 -dk {file}",
    ".zst": "Unpack it: zstd -d {file}",
    ".xz": "Unpack it: xz -dk {file}",
    ".tar": "Unpack it, and name the folder with its files: tar -xf {file}",
    ".tgz": "Unpack it, and name the folder with its files: tar -xf {file}",
    ".zip": "Unpack it, and name the folder with its files: unzip {file}",
}


def unsupported_advice(path: Path) -> str:
    """What to do about a file whose name is not of a supported format."""
    suffix, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    if inner == ".tar" or suffix in UNPACK:
        return about(path, UNPACK[".tar" if inner == ".tar" else suffix])
    with open(path, "rb") as opened:
        head = opened.read(HEAD_BYTES)
    if problem := describe_binary(path, head):
        return f"It is {problem}"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # it may end within a character
    except UnicodeDecodeError:
        return "It is not UTF-8 text. Extract its text first."
    new = shlex.quote(f"{path}.txt")
    return about(path, f"If it is plain text, give it the suffix .txt: cp {{file}} {new}")
