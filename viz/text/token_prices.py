"""Who pays: the same sentence in several languages, each drawn to the same width, cut into tokens.

A tokenizer that knows a language cuts it into few wide pieces; one that does not chops it up. Left
out on purpose: quality. A model may well be better in a language that costs more.
"""

from collections.abc import Mapping, Sequence

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.visible_text import (
    Piece,
    characters_in,
    display_width,
    is_escaped,
    to_bytes,
    to_runs,
)
from viz.text.tokens import COLOURS, check

MARGIN, NAME_WIDE, STRIP, ROW, BAR = 16.0, 84.0, 560.0, 30.0, 24.0
TOKENS, CHARACTERS, PRICE, PRICE_WIDE = 706.0, 836.0, 858.0, 90.0
CELL = 0.61  # of the size of the letters
WIDTH = 992.0
SMALLEST = 7  # smaller letters cannot be read
BLANK = "A piece is left blank where it is a part of a character, or too narrow to write in."


def draw_token_prices(
    pieces: Mapping[str, Mapping[str, Sequence[Piece]]],
    *,
    base: str | None = None,
    title: str = "",
    ax=None,
) -> Picture:
    """Vocabulary -> language -> the pieces of one sentence: its tokens, and what they cost.

    Each sentence is as wide as the others, each piece as wide as its share of the letters. The
    price is the number of tokens compared with `base`, the first language unless said.
    Raises:  ValueError if a vocabulary lacks the base, or if a sentence is empty.
    Example: draw_token_prices({"letters": {"English": list("so"), "French": list("alors")}})
    """
    to_mapping(pieces, "pieces", "{'letters': {'English': ['s', 'o']}}")
    for name, given in pieces.items():
        to_mapping(given, f"pieces[{name!r}]", "{'English': ['s', 'o']}")
    tables = {str(name): check(dict(rows)) for name, rows in pieces.items()}
    if not tables:
        raise ValueError("There is nothing to compare: give at least one vocabulary.")
    base = next(iter(next(iter(tables.values())))) if base is None else base
    for name, rows in tables.items():
        if base not in rows or not all(map(characters_in, rows.values())):
            raise ValueError(
                f"{name!r} has sentences in {', '.join(rows)}; none may be empty, and {base!r}, "
                f"with which the others are compared, must be among them."
            )
    data = {
        name: {row: facts(cut, rows[base]) for row, cut in rows.items()}
        for name, rows in tables.items()
    }
    dearest = max(row["price"] for rows in data.values() for row in rows.values())
    heading = Scene(max(WIDTH, 9.2 * len(title) + 2 * MARGIN), 34 if title else 8)
    heading.add(Text(MARGIN, 25, title, 15, weight="600"))
    sheets = [lay_out(name, tables[name], data[name], base, dearest) for name in tables]
    scene = vstack(heading, vstack(*sheets, footnote(), gap=8))
    picture = Picture(data, describe(data, base, title), scene)
    return picture.draw_on(ax) if ax is not None else picture


def facts(cut: Sequence[Piece], base: Sequence[Piece]) -> dict:
    characters = characters_in(cut)
    return {
        "tokens": len(cut),
        "characters": characters,
        "characters_per_token": characters / len(cut),
        "price": len(cut) / len(base),
    }


def lay_out(
    name: str, rows: dict[str, list[Piece]], facts_of: dict, base: str, dearest: float
) -> Scene:
    sheet = Scene(WIDTH, 30 + ROW * len(rows))
    sheet.add(Text(MARGIN, 18, truncate(name, 40), 13, INK, weight="600"))
    sheet.add(Text(TOKENS, 18, "tokens", 11, MUTED, "end"))
    sheet.add(Text(CHARACTERS, 18, "characters per token", 11, MUTED, "end"))
    sheet.add(Text(PRICE, 18, f"price ({truncate(base, 12)}: 1)", 11, MUTED))
    for i, (language, cut) in enumerate(rows.items()):
        y, told = 26 + ROW * i, facts_of[language]
        sheet.add(Text(MARGIN, y + 16, truncate(language, 11), 13, INK))
        add_strip(sheet, cut, y)
        sheet.add(Text(TOKENS, y + 16, f"{told['tokens']:,}", 13, INK, "end"))
        sheet.add(Text(CHARACTERS, y + 16, f"{told['characters_per_token']:.1f}", 13, INK, "end"))
        wide = PRICE_WIDE * told["price"] / dearest
        colour = ORANGE if told["price"] > 1 else BLUE
        sheet.add(Rect(PRICE, y + 3, PRICE_WIDE, BAR - 6, FAINT, radius=2))
        sheet.add(Rect(PRICE, y + 3, wide, BAR - 6, colour, radius=2))
        sheet.add(Text(PRICE + PRICE_WIDE + 6, y + 16, f"{told['price']:.1f}", 12, INK))
    return sheet


def footnote() -> Scene:
    foot = Scene(WIDTH, 24)
    foot.add(Text(MARGIN + NAME_WIDE, 12, BLANK, 11, MUTED))
    return foot


def add_strip(sheet: Scene, cut: list[Piece], y: float) -> None:
    """The sentence in its pieces, letters in them where there is room."""
    shares, x = shares_of(cut), MARGIN + NAME_WIDE
    size = min(13.0, STRIP / CELL / sum(byte_weights(cut)))
    for i, (piece, share) in enumerate(zip(cut, shares)):
        wide = STRIP * share
        sheet.add(Rect(x, y, wide, BAR, COLOURS[i % len(COLOURS)]))
        sheet.add(Rect(x + wide - 0.5, y, 0.5, BAR, WHITE))
        written = "".join(text for text, is_bytes in to_runs(piece) if not is_bytes)
        if (
            written.strip()
            and size >= SMALLEST
            and display_width(written) * CELL * size <= wide + 3
        ):
            sheet.add(Text(x + wide / 2, y + 16, written, size, INK, "middle", mono=True))
        x += wide


def byte_weights(cut: Sequence[Piece]) -> list[float]:
    """How wide each byte of the sentence is, in letters: a byte is a part of its letter."""
    weights: list[float] = []
    for character in b"".join(map(to_bytes, cut)).decode("utf-8", "surrogateescape"):
        size = 1 if is_escaped(character) else len(character.encode())
        weights += [max(0.3, display_width(character)) / size] * size
    return weights


def shares_of(cut: Sequence[Piece]) -> list[float]:
    """How much of the sentence's width each piece has."""
    weights, shares, start = byte_weights(cut), [], 0
    for piece in cut:
        end = start + len(to_bytes(piece))
        shares.append(sum(weights[start:end]) / sum(weights))
        start = end
    return shares


def describe(data: dict, base: str, title: str) -> str:
    told = []
    for name, rows in data.items():
        row = ", ".join(
            f"{language} {row['tokens']} ({row['price']:.1f})" for language, row in rows.items()
        )
        told.append(f"{name}: {row}")
    told_of = title or "The same sentence in several languages"
    return f"{told_of}. Tokens, and their price compared with {base}: {'; '.join(told)}."
