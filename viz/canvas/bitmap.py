"""Small numbers as a PNG with a palette: every pixel is a number, the palette gives it its colour.

So one image is both: what is seen where scripts are dead, and the data for the script that makes it
answer to the mouse. Written out by the standard library. Left out on purpose: filtering of lines,
which would make photographs smaller and the reader of the numbers longer.
Source: the PNG specification, W3C 2003, for chunks and their check sums.
"""

import zlib
from collections.abc import Sequence

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
INDEXED_8_BIT = b"\x08\x03\x00\x00\x00"
COMPRESSION_LEVEL = 6  # of 9: the last ones cost three times the time for a hundredth of the size


def to_png(rows: Sequence[bytes], colours: Sequence[str]) -> bytes:
    """One byte for each pixel; number k is painted in `colours[k]`, "#rrggbb".

    Raises:  ValueError for rows of different length.
    Example: to_png([b"\\x00\\x01"], ["#ffffff", "#000000"])
    """
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1 or not lengths[0]:
        raise ValueError(f"A bitmap needs rows of one length, at least 1; got lengths {lengths}.")
    size = lengths[0].to_bytes(4) + len(rows).to_bytes(4)
    palette = b"".join(bytes.fromhex(colour[1:]) for colour in colours)
    lines = b"".join(b"\x00" + row for row in rows)  # 0: this line is not filtered
    return (
        PNG_SIGNATURE
        + chunk(b"IHDR", size + INDEXED_8_BIT)
        + chunk(b"PLTE", palette)
        + chunk(b"IDAT", zlib.compress(lines, COMPRESSION_LEVEL))
        + chunk(b"IEND", b"")
    )


def chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return len(content).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def png_size(png: bytes) -> tuple[int, int]:
    """Units: pixels, width and height."""
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
