"""The same sentence in several languages at the same width, divided into tokens, and its price.

A tokenizer that was trained on a language divides it into few wide tokens. The picture says
nothing about quality: a model may be better in a language that costs more tokens.
Source: Petrov et al. 2023, arXiv 2305.15425 (tokenization premiums).
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, heading_scene, wrapped
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
MIN_FONT_SIZE, NARROW_FONT_SIZE = 7, 10  # smaller letters cannot be read
NARROW_LINES = 3  # of the longest sentence on a phone, about
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
    parts = [table_scene(name, tables[name], data[name], base, max_price) for name in tables]
    narrow = [narrow_table(name, tables[name], data[name], base) for name in tables]
    picture = Picture(
        data,
        alt_text(data, base, title),
        vstack(heading_scene(title, WIDTH, 34), vstack(*parts, blank_note(WIDTH), gap=8)),
        narrow=vstack(heading_scene(title, NARROW), vstack(*narrow, blank_note(NARROW), gap=8)),
    )
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


def narrow_table(
    name: str, rows: dict[str, list[Piece]], stats: dict[str, Stats], base: str
) -> Scene:
    """The table for a phone: words above the sentence of a language, which has several lines."""
    width = NARROW - 2 * MARGIN
    scene = Scene(NARROW, 22)
    scene.add(Text(MARGIN, 15, truncate(name, 40), 13.5, INK, weight="600"))
    for language, tokens in rows.items():
        y, one = scene.height + 14, stats[language]
        scene.add(Text(MARGIN, y, truncate(language, 16), 13, INK))
        colour = ORANGE if one["price"] > 1 else BLUE
        words = f"{one['tokens']:,} tokens, price {one['price']:.1f}"
        scene.add(Text(NARROW - MARGIN, y, words, 12.5, colour, "end", "600"))
        scene.height = y + 6
        size = min(13.0, NARROW_LINES * width / CHARACTER_WIDTH / sum(byte_weights(tokens)))
        length = CHARACTER_WIDTH * size * sum(byte_weights(tokens))
        for line in strip_lines(width_fractions(tokens), length, width):
            shown = [(i, tokens[i], length * fraction) for i, fraction in line]
            add_pieces(scene, shown, MARGIN, scene.height, size, NARROW_FONT_SIZE)
            scene.height += BAR + 2
        scene.height += 4
    return scene


def strip_lines(
    fractions: Sequence[float], length: float, width: float
) -> list[list[tuple[int, float]]]:
    """Tokens, with their fractions of a sentence of some length, in lines of some width."""
    lines: list[list[tuple[int, float]]] = [[]]
    used = 0.0
    for i, fraction in enumerate(fractions):
        if lines[-1] and used + length * fraction > width + 0.5:
            lines.append([])
            used = 0.0
        lines[-1].append((i, fraction))
        used += length * fraction
    return lines


def blank_note(width: float) -> Scene:
    if width <= NARROW:
        lines = wrapped(Text(MARGIN, 12, BLANK, 11, MUTED), width - 2 * MARGIN, 14)
        return Scene(width, lines[-1].y + 12, [*lines])
    note = Scene(WIDTH, 24)
    note.add(Text(MARGIN + NAME_WIDTH, 12, BLANK, 11, MUTED))
    return note


def add_strip(scene: Scene, tokens: list[Piece], y: float) -> None:
    """The sentence divided into its tokens, with their letters where there is room."""
    size = min(13.0, STRIP / CHARACTER_WIDTH / sum(byte_weights(tokens)))
    widths = [STRIP * fraction for fraction in width_fractions(tokens)]
    pieces = list(zip(range(len(tokens)), tokens, widths))
    add_pieces(scene, pieces, MARGIN + NAME_WIDTH, y, size, MIN_FONT_SIZE)


def add_pieces(
    scene: Scene,
    pieces: Sequence[tuple[int, Piece, float]],
    x: float,
    y: float,
    size: float,
    min_size: float,
) -> None:
    """Tokens, each with its number and its width, from left to right."""
    for i, piece, width in pieces:
        scene.add(Rect(x, y, width, BAR, COLOURS[i % len(COLOURS)]))
        scene.add(Rect(x + width - 0.5, y, 0.5, BAR, WHITE))
        written = "".join(text for text, is_bytes in to_runs(piece) if not is_bytes)
        fits = display_width(written) * CHARACTER_WIDTH * size <= width + 3
        if written.strip() and size >= min_size and fits:
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
