"""PNG images with a palette: every pixel is a number, and the palette gives the number a colour.

So one image is both what is seen where scripts do not run, and data that a script can read.
Written by the standard library, without the line filters that would make photographs smaller.

Source: PNG specification, W3C 2003, for chunks and their check sums.
"""

import zlib
from collections.abc import Sequence

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
INDEXED_8_BIT = b"\x08\x03\x00\x00\x00"
COMPRESSION_LEVEL = 6  # of 9: the last ones cost three times the time for a hundredth of the size


def to_png(rows: Sequence[bytes], colours: Sequence[str]) -> bytes:
    """Write an image whose pixels are indices into a palette.

    Args:
        rows: One byte for each pixel.
        colours: "#rrggbb" for each index.

    Returns:
        The PNG file.

    Raises:
        ValueError: If the rows are empty or of different length.
    """
    lengths = sorted({len(row) for row in rows})
    if len(lengths) != 1 or not lengths[0]:
        raise ValueError(f"A bitmap needs rows of one length, at least 1; got lengths {lengths}.")
    size = lengths[0].to_bytes(4) + len(rows).to_bytes(4)
    palette = b"".join(bytes.fromhex(colour[1:]) for colour in colours)
    lines = b"".join(b"\x00" + row for row in rows)  # 0: this line is not filtered
    return (
        PNG_SIGNATURE
        + png_chunk(b"IHDR", size + INDEXED_8_BIT)
        + png_chunk(b"PLTE", palette)
        + png_chunk(b"IDAT", zlib.compress(lines, COMPRESSION_LEVEL))
        + png_chunk(b"IEND", b"")
    )


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG file: length, kind, content, check sum."""
    body = kind + content
    return len(content).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG, in pixels."""
    return int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
