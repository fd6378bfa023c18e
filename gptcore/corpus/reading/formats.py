"""What kind of file holds documents: told by its name, and held against how it begins.

Text, JSON, CSV and their likes may be compressed with gzip, bzip2 or Zstandard. pyarrow unpacks
them. Left out on purpose: archives of several files (.zip, .tar), which other programs unpack.
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
SAMPLE_BYTES = 4 * 2**20  # unpacked, to guess the size of all

MAGIC_NUMBERS = {  # what other kinds of files begin with -> what they are, and the way out
    b"\x1f\x8b": ("compressed with gzip", ".gz"),
    **{b"BZh%d1AY&SY" % level: ("compressed with bzip2", ".bz2") for level in range(1, 10)},
    b"\x28\xb5\x2f\xfd": ("compressed with Zstandard", ".zst"),
    b"PAR1": ("a parquet table", ".parquet"),
    b"\xfd7zXZ": ("compressed with xz", "Unpack it: xz -dk {file}"),
    b"PK\x03\x04": ("a zip archive, or an office document", "Take the text out of it first."),
    b"%PDF": ("a PDF document", "Take the text out of it first: pdftotext {file}"),
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
    """A kind of file, and how it is compressed ("" if it is not)."""

    kind: str
    compression: str = ""


def format_from_name(path: Path) -> Format | None:
    """What the name of the file says that it is; None for what is not read here."""
    suffix, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    if suffix in FORMATS:
        return Format(FORMATS[suffix])
    if suffix in COMPRESSIONS and FORMATS.get(inner, "parquet") != "parquet":
        return Format(FORMATS[inner], COMPRESSIONS[suffix])
    return None


def known_format(path: Path) -> Format:
    """The format of a file that was found to have one."""
    found = format_from_name(path)
    assert found is not None, path
    return found


def open_bytes(path: Path) -> BinaryIO:
    """The content of the file, unpacked on the way."""
    compression = known_format(path).compression
    if not compression:
        return open(path, "rb")
    stream = pa.CompressedInputStream(pa.OSFile(str(path)), compression)
    return cast(BinaryIO, BufferedReader(stream))


def uncompressed_bytes(path: Path) -> int:
    """The size of the content. Of a large compressed file it is an estimate from its beginning.

    Raises: SourceDamagedError if it cannot be unpacked.
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
        return max(sample_bytes, sample_bytes * size_bytes // file.tell())


def decompression_error(path: Path, error: BaseException | None) -> SourceDamagedError:
    """The error for a compressed file that does not unpack."""
    ending = path.suffix.lower()
    with open(path, "rb") as file:
        begin = file.read(len(COMPRESSION_MAGICS[ending]))
    if not COMPRESSION_MAGICS[ending].startswith(begin):
        problem = (
            f"it begins with {begin!r} and is no {ending} file. Let its name say what it is; if it "
            f"is not compressed, leave {ending} out."
        )
    elif ending == ".zst" and "memory" in str(error):
        problem = f"{error}. Unpack it: zstd -d --long=31 {shlex.quote(str(path))}"
    else:
        problem = (first_line(error) if error and begin else "it is empty") + ". Bring it again."
    return SourceDamagedError(f"{path} cannot be unpacked: {problem}")


def check_is_text(path: Path) -> None:
    """Look at how the file begins, once unpacked.

    Raises: ValueError, with the way out, for what is no UTF-8 text whatever its name says;
        SourceDamagedError if it cannot be unpacked.
    """
    try:
        with open_bytes(path) as file:
            head = file.read(HEAD_BYTES)
    except (pa.ArrowException, OSError) as error:
        if not known_format(path).compression:
            raise
        raise decompression_error(path, error) from None
    if problem := describe_binary(path, head):
        raise ValueError(f"{path} is no UTF-8 text: it is {problem}")


def describe_binary(path: Path, head: bytes) -> str:
    """What a file that begins like this is, if it is no text, with the way out; "" for text."""
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
        return (
            f"{name} by the look of it: every other byte is zero. {conversion_advice(path, name)}"
        )
    return f"binary: {zeros} of its first {len(head)} bytes are zero. Leave it out."


def conversion_advice(path: Path, name: str) -> str:
    """How to make UTF-8 of a file in another encoding."""
    found = format_from_name(path)
    if found and found.compression:
        return f"Unpack it, and convert it with: iconv -f {name} -t UTF-8"
    new = shlex.quote(f"{path}.utf8")
    return about(
        path, f"Convert it: iconv -f {name} -t UTF-8 {{file}} > {new} && mv {new} {{file}}"
    )


def renaming_advice(path: Path, ending: str) -> str:
    """How to give a file the ending that its content has."""
    found = format_from_name(path)
    if found and found.compression:
        return UNPACK[path.suffix.lower()]
    if found is None and ending in COMPRESSIONS:
        return f"Let its name say what is inside, such as {path.name}.jsonl{ending}."
    return f"Let its name say so: mv {{file}} {shlex.quote(str(path) + ending)}"


def about(path: Path, advice: str) -> str:
    """The advice with the file's name in it, as a shell reads it."""
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
    """What can be done about a file whose name says no kind that is read here."""
    suffix, inner = path.suffix.lower(), Path(path.stem).suffix.lower()
    if inner == ".tar" or suffix in UNPACK:
        return about(path, UNPACK[".tar" if inner == ".tar" else suffix])
    with open(path, "rb") as opened:
        head = opened.read(HEAD_BYTES)
    if problem := describe_binary(path, head):
        return f"It is {problem}"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # its end may be half a character
    except UnicodeDecodeError:
        return "It is no UTF-8 text. Take its text out of it first."
    new = shlex.quote(f"{path}.txt")
    return about(path, f"If it is plain text, let its name say so: cp {{file}} {new}")
