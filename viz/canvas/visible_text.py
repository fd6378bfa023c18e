"""Pieces of a text made visible: spaces, control characters, lone marks, incomplete characters.

The width of a piece is estimated, since only a browser can measure it.
"""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from itertools import groupby

Piece = bytes | str
Run = tuple[str, bool]  # the text, and whether it shows bytes

VISIBLE_SIGNS = {" ": "·", "\n": "↵", "\r": "␍", "\t": "→", "\x7f": "␡"}
JOINERS = {"\u200c", "\u200d"}  # without them Hindi, Persian and emoji fall apart
ISOLATED = "\u2068{}\u2069"  # right-to-left text must not reverse its neighbours


def to_runs(piece: Piece) -> list[Run]:
    """Split a piece into runs of characters and of bytes.

    Args:
        piece: A token as text or as bytes, which may end inside a character.

    Returns:
        For instance [("·", False), ("E0 A4", True)] for b" \\xe0\\xa4".
    """
    runs = []
    for is_bytes, group in groupby(decode_piece(piece), key=is_escaped):
        text = "".join(group)
        if is_bytes:
            runs.append((" ".join(f"{ord(c) - 0xDC00:02X}" for c in text), True))
        else:
            runs.append((visible_text(text), False))
    return runs or [("∅", False)]


def decode_piece(piece: Piece) -> str:
    """The text of a piece; a byte outside a complete character becomes U+DC80 to U+DCFF."""
    if isinstance(piece, bytes):
        return piece.decode("utf-8", "surrogateescape")
    return re.sub("[\ud800-\udfff]", "\ufffd", piece)


def decode_pieces(pieces: Sequence[Piece]) -> list[str]:
    """The text of each piece; a character of several pieces is the text of the last of them.

    Args:
        pieces: The pieces of one text, in order.

    Returns:
        For instance ["", "é"] for [b"\\xc3", b"\\xa9"].
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    return [p if isinstance(p, str) else decoder.decode(p) for p in pieces]


def is_escaped(character: str) -> bool:
    """Whether the character represents a byte."""
    return "\udc80" <= character <= "\udcff"


def visible_text(text: str) -> str:
    """The text without invisible characters; a mark without a letter is on a dotted circle."""
    visible = "".join(visible_character(c, single=len(text) == 1) for c in text)
    if unicodedata.category(text[0]).startswith("M") and not visible.startswith("U+"):
        visible = "◌" + visible
    if any(map(is_right_to_left, visible)):
        word = visible.strip(VISIBLE_SIGNS[" "])  # spaces at the ends go from left to right
        visible = visible.replace(word, ISOLATED.format(word), 1)
    return visible


def visible_character(character: str, single: bool) -> str:
    """The character, or a sign or code for it; `alone` if it is the whole piece."""
    code, category = ord(character), unicodedata.category(character)
    if character in VISIBLE_SIGNS:
        return VISIBLE_SIGNS[character]
    if code < 32:
        return f"\\x{code:02x}"
    if category in {"Zs", "Zl", "Zp"}:
        return "␣"
    is_selector = 0xFE00 <= code <= 0xFE0F
    if category in {"Cc", "Cn", "Co", "Cs"} or (is_selector and single):
        return f"U+{code:04X}"
    if category == "Cf" and (single or character not in JOINERS):
        return f"U+{code:04X}"
    return character


def is_right_to_left(character: str) -> bool:
    """Whether the character is of a script that is read from right to left."""
    return unicodedata.bidirectional(character) in {"R", "AL"}


def display_width(text: str) -> float:
    """About how wide a text is, in Latin letters of a monospaced font."""
    return sum(map(character_width, text))


def character_width(character: str) -> float:
    """About how wide a character is, in Latin letters of a monospaced font."""
    category = unicodedata.category(character)
    if category in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    if 0x0900 <= ord(character) < 0x0E00:  # the scripts of India have wide letters
        return 0.7 if category == "Mc" else 1.4
    return 1


def to_bytes(piece: Piece) -> bytes:
    """The piece as UTF-8."""
    return piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace")


def count_bytes(pieces: Sequence[Piece]) -> int:
    """How many bytes the pieces have together."""
    return sum(len(to_bytes(piece)) for piece in pieces)


def count_characters(pieces: Sequence[Piece]) -> int:
    """How many characters the pieces have together; bytes of an incomplete one count as one."""
    return len(b"".join(map(to_bytes, pieces)).decode("utf-8", "replace"))


def split_characters(pieces: Sequence[Piece]) -> list[tuple[int, int, str]]:
    """Find the characters that begin in one piece and end in another.

    Args:
        pieces: The pieces of one text, in order.

    Returns:
        (first piece, last piece, character): [(0, 1, "é")] for [b"\\xc3", b"\\xa9!"].
    """
    owner = [i for i, piece in enumerate(pieces) for _ in to_bytes(piece)]
    split, start = [], 0
    for character in b"".join(map(to_bytes, pieces)).decode("utf-8", "surrogateescape"):
        size = 1 if is_escaped(character) else len(character.encode())
        first, last = owner[start], owner[start + size - 1]
        if first != last:
            split.append((first, last, visible_text(character)))
        start += size
    return split
