"""A piece of a text made visible: spaces, control characters, lone marks, bytes that are no
character.

Left out on purpose: fonts. How wide a piece will be is estimated, for nobody can measure it
before a browser draws it; the boxes around it leave room.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

Piece = bytes | str
Run = tuple[str, bool]  # what is written, and whether it is bytes

VISIBLE_SIGNS = {" ": "·", "\n": "↵", "\r": "␍", "\t": "→", "\x7f": "␡"}
KEPT_INSIDE = {"\u200c", "\u200d"}  # joiners: without them Hindi, Persian and emoji fall apart
ISOLATED = "\u2068{}\u2069"  # what reads from right to left must not turn its neighbours round


def to_runs(piece: Piece) -> list[Run]:
    """What can be written of a piece, in runs of characters and of bytes.

    Example: spell(b" \\xe0\\xa4") -> [("·", False), ("E0 A4", True)]
    """
    runs = []
    for is_bytes, group in groupby(decode_piece(piece), key=is_escaped):
        written = "".join(group)
        if is_bytes:
            runs.append((" ".join(f"{ord(c) - 0xDC00:02X}" for c in written), True))
        else:
            runs.append((visible_text(written), False))
    return runs or [("∅", False)]


def decode_piece(piece: Piece) -> str:
    """The text of a piece; a byte that belongs to no whole character is U+DC80 to U+DCFF."""
    if isinstance(piece, bytes):
        return piece.decode("utf-8", "surrogateescape")
    return re.sub("[\ud800-\udfff]", "\ufffd", piece)


def is_escaped(character: str) -> bool:
    return "\udc80" <= character <= "\udcff"


def visible_text(text: str) -> str:
    """Text in which nothing is invisible, and a mark without a letter stands on a dotted circle."""
    shown = "".join(visible_character(c, alone=len(text) == 1) for c in text)
    if unicodedata.category(text[0]).startswith("M") and not shown.startswith("U+"):
        shown = "◌" + shown
    if any(map(is_right_to_left, shown)):
        word = shown.strip(
            VISIBLE_SIGNS[" "]
        )  # pieces go from left to right, and so do the spaces at ends
        shown = shown.replace(word, ISOLATED.format(word), 1)
    return shown


def visible_character(character: str, alone: bool) -> str:
    code, category = ord(character), unicodedata.category(character)
    if character in VISIBLE_SIGNS:
        return VISIBLE_SIGNS[character]
    if code < 32:
        return f"\\x{code:02x}"
    if category in {"Zs", "Zl", "Zp"}:
        return "␣"
    is_selector = 0xFE00 <= code <= 0xFE0F
    if category in {"Cc", "Cn", "Co", "Cs"} or (is_selector and alone):
        return f"U+{code:04X}"
    if category == "Cf" and (alone or character not in KEPT_INSIDE):
        return f"U+{code:04X}"
    return character


def is_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in {"R", "AL"}


def display_width(text: str) -> float:
    """About how wide a text is. Units: widths of one Latin letter of a typewriter."""
    return sum(map(character_width, text))


def character_width(character: str) -> float:
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    if 0x0900 <= ord(character) < 0x0E00:  # the scripts of India have broad letters
        return 0.7 if category == "Mc" else 1.4
    return 1


def to_bytes(piece: Piece) -> bytes:
    return piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace")


def count_bytes(pieces: Sequence[Piece]) -> int:
    return sum(len(to_bytes(piece)) for piece in pieces)


def count_characters(pieces: Sequence[Piece]) -> int:
    """How many characters the pieces are together; bytes that stay no character count as one."""
    return len(b"".join(map(to_bytes, pieces)).decode("utf-8", "replace"))


def split_characters(pieces: Sequence[Piece]) -> list[tuple[int, int, str]]:
    """Characters that begin in one piece and end in another: (first piece, last piece, it).

    Example: torn_characters([b"\\xc3", b"\\xa9!"]) -> [(0, 1, "é")]
    """
    owner = [i for i, piece in enumerate(pieces) for _ in to_bytes(piece)]
    torn, start = [], 0
    for character in b"".join(map(to_bytes, pieces)).decode("utf-8", "surrogateescape"):
        size = 1 if is_escaped(character) else len(character.encode())
        first, last = owner[start], owner[start + size - 1]
        if first != last:
            torn.append((first, last, visible_text(character)))
        start += size
    return torn
