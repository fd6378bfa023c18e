"""The tokens of a text as coloured boxes, in the order in which a model reads them.

Spaces and line ends are visible. A token that is only part of a character shows its bytes; a
bracket over the tokens of one character shows that character.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, heading_scene
from viz.canvas.palette import INK, MUTED, SLATE, TINTS, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text, vstack
from viz.canvas.visible_text import (
    Piece,
    Run,
    count_bytes,
    display_width,
    split_characters,
    to_runs,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_TOKENS = 300  # of each text
MAX_CHARS = 40  # of one token
COLOURS = TINTS[1:5]
MARGIN, BOX, GAP = 16.0, 25.0, 2.0
CELL, BYTE_CELL = 8.5, 6.1  # pixels for a letter, and for a digit of a byte
ID_ROW, SPLIT_ROW = 14.0, 19.0
Span = tuple[float, float]  # left and right edge of a box


def draw_tokens(
    tokens: Sequence[Piece] | Mapping[str, Sequence[Piece]],
    ids: Sequence[int] | Mapping[str, Sequence[int]] | None = None,
    *,
    title: str = "",
    width: int = 760,
    max_tokens: int = MAX_TOKENS,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the tokens of one text, or of several, with their ids below them.

    Args:
        tokens: Tokens of a text, each bytes or a string, or a mapping name -> tokens.
        ids: The ids of the tokens, in the same form.
        title: Title of the picture.
        width: Width in pixels at which lines break.
        max_tokens: How many tokens of each text are drawn.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `pieces`, `ids`, `tokens`, `bytes` and `bytes_per_token` in `.data`, for
        several texts under their names; or `ax`, if given.

    Raises:
        ValueError: If `tokens` is not a list of bytes or strings, or there are not as many ids.

    Example:
        >>> draw_tokens({"words": ["so", " it"], "letters": list("so it")})
        Picture: words: 2 tokens, 2.5 bytes per token; letters: 5 tokens, ...
    """
    is_mapping = isinstance(tokens, Mapping)
    texts = check_pieces(dict(tokens) if isinstance(tokens, Mapping) else {"": tokens})
    ids_of = check_ids(ids if isinstance(ids, Mapping) or ids is None else {"": ids}, texts)

    def draw(width: float) -> Scene:
        scenes = [
            vstack(
                summary_scene(name, pieces, width),
                tokens_scene(pieces, ids_of.get(name), width, max_tokens),
            )
            for name, pieces in texts.items()
        ]
        scene = vstack(heading_scene(title, width), vstack(*scenes, gap=6))
        scene.height += 10
        return scene

    data = {name: token_stats(pieces, ids_of.get(name)) for name, pieces in texts.items()}
    chosen = data if is_mapping else data[""]
    picture = Picture(chosen, alt_text(texts, title), draw(width), narrow=draw(NARROW))
    return picture.draw_on(ax) if ax is not None else picture


def check_pieces(texts: Mapping[str, Sequence[Piece]]) -> dict[str, list[Piece]]:
    checked = {}
    for name, pieces in texts.items():
        if isinstance(pieces, (str, bytes)) or not hasattr(pieces, "__iter__"):
            raise ValueError(
                f"tokens must be a list of pieces, each bytes or a string, not {pieces!r:.60}. "
                f"Put it through a tokenizer first; one piece alone is a list, too: ['so']."
            )
        checked[str(name)] = list(pieces)
        invalid = [p for p in checked[str(name)] if not isinstance(p, (str, bytes))]
        if invalid:
            raise ValueError(
                f"A piece is bytes or a string, not {invalid[0]!r:.40}. If these are ids, look up "
                f"the bytes of each and give the ids as `ids`."
            )
    if not checked:
        raise ValueError("There is no text to draw: give at least one name and its pieces.")
    return checked


def check_ids(
    ids: Mapping[str, Sequence[int]] | None, texts: dict[str, list[Piece]]
) -> dict[str, list[int]]:
    ids_of = {str(name): [int(i) for i in listed] for name, listed in (ids or {}).items()}
    for name, listed in ids_of.items():
        if len(listed) != len(texts.get(name, ())):
            raise ValueError(
                f"{len(listed)} ids for {len(texts.get(name, ()))} pieces"
                f"{f' of {name!r}' if name else ''}: give one id for each piece."
            )
    return ids_of


def token_stats(pieces: list[Piece], ids: list[int] | None) -> dict[str, Any]:
    n_bytes = count_bytes(pieces)
    return {
        "pieces": pieces,
        "ids": ids,
        "tokens": len(pieces),
        "bytes": n_bytes,
        "bytes_per_token": n_bytes / len(pieces) if pieces else 0.0,
    }


def summary_text(pieces: list[Piece]) -> str:
    stats = token_stats(pieces, None)
    plural = "token" if len(pieces) == 1 else "tokens"
    return f"{len(pieces):,} {plural}, {stats['bytes_per_token']:.1f} bytes per token"


def summary_scene(name: str, pieces: list[Piece], width: float) -> Scene:
    line = Scene(width, 22)
    name = truncate(name, 40)
    if name:
        line.add(Text(MARGIN, 15, name, 13, INK, weight="600"))
    if name and width <= NARROW:
        line.height += 17
        line.add(Text(MARGIN, 32, summary_text(pieces), 12, MUTED))
        return line
    x = MARGIN + (7.8 * len(name) + 14 if name else 0)
    line.add(Text(x, 15, summary_text(pieces), 12, MUTED))
    return line


def tokens_scene(
    pieces: list[Piece],
    ids: list[int] | None,
    width: float,
    max_tokens: int,
    lines: int | None = None,
) -> Scene:
    """The tokens from left to right, in as many lines as they need, or in the first `lines`."""
    scene, y = Scene(width, 0), 0.0
    split_chars = split_characters(pieces[:max_tokens])
    for line in break_lines(pieces[:max_tokens], ids, width - 2 * MARGIN, split_chars)[:lines]:
        spanning = [t for t in split_chars if t[0] in line and t[1] in line]
        y += SPLIT_ROW if spanning else 2
        x = MARGIN
        spans: dict[int, Span] = {}
        for i in line:
            box_width = piece_width(pieces[i], ids[i] if ids else None)
            spans[i] = (x, x + box_width)
            add_piece(scene, clipped_runs(pieces[i]), x, y, box_width, COLOURS[i % len(COLOURS)])
            if ids:
                scene.add(Text(x + box_width / 2, y + BOX + 11, f"{ids[i]}", 10, MUTED, "middle"))
            x += box_width + GAP
        for first, last, character in spanning:
            add_split_character(scene, character, spans[first], spans[last], y)
        y += BOX + (ID_ROW if ids else 0) + 4
    if len(pieces) > max_tokens and lines is None:
        more = f"... and {len(pieces) - max_tokens:,} more tokens"
        scene.add(Text(MARGIN, y + 14, more, 12, MUTED))
        y += 20
    scene.height = y
    return scene


def break_lines(
    pieces: list[Piece],
    ids: list[int] | None,
    available: float,
    split_chars: list[tuple[int, int, str]],
) -> list[list[int]]:
    """The indices of the tokens on each line. A line end in the text begins a new line.

    Tokens of one character stay on one line, if they fit on a line.
    """
    continued = {i for first, last, _ in split_chars for i in range(first + 1, last + 1)}
    widths = [piece_width(piece, ids[i] if ids else None) + GAP for i, piece in enumerate(pieces)]
    lines: list[list[int]] = [[]]
    used = 0.0
    for i, width in enumerate(widths):
        end = next((j for j in range(i + 1, len(widths)) if j not in continued), len(widths))
        needed = width if i in continued else sum(widths[i:end])
        ended = bool(lines[-1]) and to_runs(pieces[i - 1])[-1][0].endswith("↵")
        if lines[-1] and (ended or used + needed > available):
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += width
    return lines


def clipped_runs(piece: Piece) -> list[Run]:
    """The runs of a token, cut after `MAX_CHARS` letters."""
    runs: list[Run] = []
    available = MAX_CHARS
    for written, is_bytes in to_runs(piece):
        if available > 0:
            runs.append((truncate(written, available), is_bytes))
        available -= len(written)
    return runs


def run_width(run: Run) -> float:
    written, is_bytes = run
    return len(written) * BYTE_CELL + 7 if is_bytes else max(1, display_width(written)) * CELL


def piece_width(piece: Piece, token_id: int | None) -> float:
    width = sum(map(run_width, clipped_runs(piece))) + 8
    return max(width, 6.2 * len(str(token_id)) + 4) if token_id is not None else width


def add_piece(scene: Scene, runs: list[Run], x: float, y: float, width: float, colour: str) -> None:
    scene.add(Rect(x, y, width, BOX, colour, radius=4))
    x += (width - sum(map(run_width, runs))) / 2
    for run in runs:
        (written, is_bytes), middle = run, x + run_width(run) / 2
        if is_bytes:
            scene.add(Rect(x + 1, y + 4, run_width(run) - 2, BOX - 8, WHITE, radius=3))
            scene.add(Text(middle, y + 16.5, written, 10, SLATE, "middle", mono=True))
        else:
            scene.add(Text(middle, y + 17.5, written, 14, INK, "middle", mono=True))
        x += run_width(run)


def add_split_character(scene: Scene, character: str, first: Span, last: Span, y: float) -> None:
    """A bracket over the tokens that make up one character, and the character."""
    start, end = (
        first[1] - 9,
        last[0] + 9,
    )  # from the end of the first token to the start of the last
    scene.add(Line(((start, y - 1), (start, y - 4), (end, y - 4), (end, y - 1)), MUTED))
    scene.add(Text((start + end) / 2, y - 7, character, 12, INK, "middle"))


def alt_text(texts: dict[str, list[Piece]], title: str) -> str:
    counts = "; ".join(
        f"{f'{name}: ' if name else ''}{summary_text(pieces)}" for name, pieces in texts.items()
    )
    first = next(iter(texts.values()))[:8]
    shown = "|".join("".join(written for written, _ in clipped_runs(piece)) for piece in first)
    return f"{title + ': ' if title else ''}{counts}; it begins {shown}."
