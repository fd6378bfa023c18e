"""The same sentence in several languages at the same width, divided into tokens, and its price.

A tokenizer that was trained on a language divides it into few wide tokens. The picture says
nothing about quality: a model may be better in a language that costs more tokens.
Source: Petrov et al. 2023, arXiv 2305.15425 (tokenization premiums).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import title_width, truncate
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.visible_text import (
    Piece,
    count_bytes,
    display_width,
    is_escaped,
    to_bytes,
    to_runs,
)
from viz.text.tokens import COLOURS, check_pieces

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MARGIN, NAME_WIDTH, STRIP, ROW, BAR = 16.0, 84.0, 560.0, 30.0, 24.0
TOKENS, RATIO, PRICE, PRICE_WIDTH = 706.0, 836.0, 858.0, 90.0
CHARACTER_WIDTH = 0.61  # as a fraction of the font size
WIDTH = 992.0
MIN_FONT_SIZE = 7  # smaller letters cannot be read
Stats = dict[str, float]  # tokens, bytes, bytes_per_token, price
BLANK = "A piece is left blank where it is a part of a character, or too narrow to write in."


def draw_token_prices(
    pieces: Mapping[str, Mapping[str, Sequence[Piece]]],
    *,
    base: str | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the tokens of one sentence in several languages, and what they cost.

    The price is the number of tokens divided by that of the base language.

    Args:
        pieces: Mapping vocabulary -> language -> tokens of the sentence, bytes or strings.
        base: Language whose price is 1. None takes the first one.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `tokens`, `bytes`, `bytes_per_token` and `price` for each
        vocabulary and language in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there is no vocabulary, one lacks the base language, or a sentence is empty.

    Example:
        >>> pieces = {"letters": {"English": list("so"), "French": list("alors")}}
        >>> draw_token_prices(pieces).data["letters"]["French"]["price"]
        2.5

    Source: Petrov et al. 2023, arXiv 2305.15425 (tokenization premiums).
    """
    to_mapping(pieces, "pieces", "{'letters': {'English': ['s', 'o']}}")
    for name, given in pieces.items():
        to_mapping(given, f"pieces[{name!r}]", "{'English': ['s', 'o']}")
    tables = {str(name): check_pieces(dict(rows)) for name, rows in pieces.items()}
    if not tables:
        raise ValueError("There is nothing to compare: give at least one vocabulary.")
    base = next(iter(next(iter(tables.values())))) if base is None else base
    for name, rows in tables.items():
        if base not in rows or not all(map(count_bytes, rows.values())):
            raise ValueError(
                f"{name!r} has sentences in {', '.join(rows)}; none may be empty, and {base!r}, "
                f"with which the others are compared, must be among them."
            )
    data = {
        name: {row: price_stats(tokens, rows[base]) for row, tokens in rows.items()}
        for name, rows in tables.items()
    }
    max_price = max(row["price"] for rows in data.values() for row in rows.values())
    heading = Scene(max(WIDTH, title_width(title)), 34 if title else 8)
    heading.add(Text(MARGIN, 25, title, 15, weight="600"))
    table_scenes = [table_scene(name, tables[name], data[name], base, max_price) for name in tables]
    scene = vstack(heading, vstack(*table_scenes, blank_note(), gap=8))
    picture = Picture(data, alt_text(data, base, title), scene)
    return picture.draw_on(ax) if ax is not None else picture


def price_stats(tokens: Sequence[Piece], base: Sequence[Piece]) -> Stats:
    n_bytes = count_bytes(tokens)
    return {
        "tokens": len(tokens),
        "bytes": n_bytes,
        "bytes_per_token": n_bytes / len(tokens),
        "price": len(tokens) / len(base),
    }


def table_scene(
    name: str, rows: dict[str, list[Piece]], stats: dict[str, Stats], base: str, max_price: float
) -> Scene:
    scene = Scene(WIDTH, 30 + ROW * len(rows))
    scene.add(Text(MARGIN, 18, truncate(name, 40), 13, INK, weight="600"))
    scene.add(Text(TOKENS, 18, "tokens", 11, MUTED, "end"))
    scene.add(Text(RATIO, 18, "bytes per token", 11, MUTED, "end"))
    scene.add(Text(PRICE, 18, f"price ({truncate(base, 12)}: 1)", 11, MUTED))
    for i, (language, tokens) in enumerate(rows.items()):
        y, row_stats = 26 + ROW * i, stats[language]
        scene.add(Text(MARGIN, y + 16, truncate(language, 11), 13, INK))
        add_strip(scene, tokens, y)
        scene.add(Text(TOKENS, y + 16, f"{row_stats['tokens']:,}", 13, INK, "end"))
        per_token = f"{row_stats['bytes_per_token']:.1f}"
        scene.add(Text(RATIO, y + 16, per_token, 13, INK, "end"))
        width = PRICE_WIDTH * row_stats["price"] / max_price
        colour = ORANGE if row_stats["price"] > 1 else BLUE
        scene.add(Rect(PRICE, y + 3, PRICE_WIDTH, BAR - 6, FAINT, radius=2))
        scene.add(Rect(PRICE, y + 3, width, BAR - 6, colour, radius=2))
        scene.add(Text(PRICE + PRICE_WIDTH + 6, y + 16, f"{row_stats['price']:.1f}", 12, INK))
    return scene


def blank_note() -> Scene:
    note = Scene(WIDTH, 24)
    note.add(Text(MARGIN + NAME_WIDTH, 12, BLANK, 11, MUTED))
    return note


def add_strip(scene: Scene, tokens: list[Piece], y: float) -> None:
    """The sentence divided into its tokens, with their letters where there is room."""
    fractions, x = width_fractions(tokens), MARGIN + NAME_WIDTH
    size = min(13.0, STRIP / CHARACTER_WIDTH / sum(byte_weights(tokens)))
    for i, (piece, fraction) in enumerate(zip(tokens, fractions)):
        width = STRIP * fraction
        scene.add(Rect(x, y, width, BAR, COLOURS[i % len(COLOURS)]))
        scene.add(Rect(x + width - 0.5, y, 0.5, BAR, WHITE))
        written = "".join(text for text, is_bytes in to_runs(piece) if not is_bytes)
        fits = display_width(written) * CHARACTER_WIDTH * size <= width + 3
        if written.strip() and size >= MIN_FONT_SIZE and fits:
            scene.add(Text(x + width / 2, y + 16, written, size, INK, "middle", mono=True))
        x += width


def byte_weights(tokens: Sequence[Piece]) -> list[float]:
    """Width of each byte of the sentence, in letters: a part of its character's width."""
    weights: list[float] = []
    for character in b"".join(map(to_bytes, tokens)).decode("utf-8", "surrogateescape"):
        size = 1 if is_escaped(character) else len(character.encode())
        weights += [max(0.3, display_width(character)) / size] * size
    return weights


def width_fractions(tokens: Sequence[Piece]) -> list[float]:
    """The fraction of the sentence's width that each token has."""
    weights, start = byte_weights(tokens), 0
    fractions: list[float] = []
    for piece in tokens:
        end = start + len(to_bytes(piece))
        fractions.append(sum(weights[start:end]) / sum(weights))
        start = end
    return fractions


def alt_text(data: dict[str, dict[str, Stats]], base: str, title: str) -> str:
    sentences = []
    for name, rows in data.items():
        row = ", ".join(
            f"{language} {row['tokens']} ({row['price']:.1f})" for language, row in rows.items()
        )
        sentences.append(f"{name}: {row}")
    heading = title or "The same sentence in several languages"
    return f"{heading}. Tokens, and their price compared with {base}: {'; '.join(sentences)}."
