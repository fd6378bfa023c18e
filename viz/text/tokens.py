"""A text as its tokens: coloured pieces by turns, in the order in which a model reads them.

Spaces and line ends are visible. A piece that is no whole character shows its bytes, and over the
pieces that make one character together stands that character.
"""

from collections.abc import Mapping, Sequence

from viz.canvas.labels import truncate
from viz.canvas.palette import INK, MUTED, SLATE, TINTS, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text, vstack
from viz.canvas.visible_text import (
    Piece,
    Run,
    characters_in,
    display_width,
    split_characters,
    to_runs,
)

MOST_TOKENS = 300  # of each text
LONGEST = 40  # letters of one piece
COLOURS = TINTS[1:5]
MARGIN, BOX, GAP = 16.0, 25.0, 2.0
CELL, BYTE_CELL = 8.5, 6.1  # pixels for a letter, and for a digit of a byte
ID_ROW, TORN_ROW = 14.0, 19.0


def draw_tokens(
    tokens: Sequence[Piece] | Mapping[str, Sequence[Piece]],
    ids: Sequence[int] | Mapping[str, Sequence[int]] | None = None,
    *,
    title: str = "",
    width: int = 760,
    most: int = MOST_TOKENS,
    ax=None,
) -> Picture:
    """The pieces of one text, `ids` under them; or of several, a mapping name -> pieces.

    A piece is bytes or a string. Of each text the first `most` pieces are drawn.
    Raises:  ValueError for what is no list of pieces, or if there are not as many ids as pieces.
    Example: draw_tokens({"words": ["so", " it"], "letters": list("so it")})
    """
    several = isinstance(tokens, Mapping)
    texts = check(dict(tokens) if isinstance(tokens, Mapping) else {"": tokens})
    numbers = check_ids(ids if isinstance(ids, Mapping) or ids is None else {"": ids}, texts)
    heading = Scene(width, 36 if title else 8)
    if title:
        heading.add(Text(MARGIN, 25, title, 15, weight="600"))
        heading.width = max(width, 9.2 * len(title) + 2 * MARGIN)
    scenes = [
        vstack(summary(name, pieces, width), lay_out(pieces, numbers.get(name), width, most))
        for name, pieces in texts.items()
    ]
    scene = vstack(heading, vstack(*scenes, gap=6))
    scene.height += 10
    data = {name: facts(pieces, numbers.get(name)) for name, pieces in texts.items()}
    picture = Picture(data if several else data[""], describe(texts, title), scene)
    return picture.draw_on(ax) if ax is not None else picture


def check(texts: dict) -> dict[str, list[Piece]]:
    checked = {}
    for name, pieces in texts.items():
        if isinstance(pieces, (str, bytes)) or not hasattr(pieces, "__iter__"):
            raise ValueError(
                f"tokens must be a list of pieces, each bytes or a string, not {pieces!r:.60}. "
                f"Put it through a tokenizer first; one piece alone is a list, too: ['so']."
            )
        checked[str(name)] = list(pieces)
        odd = next((p for p in checked[str(name)] if not isinstance(p, (str, bytes))), None)
        if odd is not None:
            raise ValueError(
                f"A piece is bytes or a string, not {odd!r:.40}. If these are ids, look up the "
                f"bytes of each and give the ids as `ids`."
            )
    if not checked:
        raise ValueError("There is no text to draw: give at least one name and its pieces.")
    return checked


def check_ids(ids: Mapping | None, texts: dict[str, list[Piece]]) -> dict[str, list[int]]:
    numbers = {str(name): [int(i) for i in given] for name, given in (ids or {}).items()}
    for name, given in numbers.items():
        if len(given) != len(texts.get(name, ())):
            raise ValueError(
                f"{len(given)} ids for {len(texts.get(name, ()))} pieces"
                f"{f' of {name!r}' if name else ''}: give one id for each piece."
            )
    return numbers


def facts(pieces: list[Piece], ids: list[int] | None) -> dict:
    characters = characters_in(pieces)
    each = characters / len(pieces) if pieces else 0.0
    return {
        "pieces": pieces,
        "ids": ids,
        "tokens": len(pieces),
        "characters": characters,
        "characters_per_token": each,
    }


def counted(pieces: list[Piece]) -> str:
    told = facts(pieces, None)
    plural = "token" if len(pieces) == 1 else "tokens"
    return f"{len(pieces):,} {plural}, {told['characters_per_token']:.1f} characters per token"


def summary(name: str, pieces: list[Piece], width: float) -> Scene:
    line = Scene(width, 22)
    name = truncate(name, 40)
    if name:
        line.add(Text(MARGIN, 15, name, 13, INK, weight="600"))
    line.add(Text(MARGIN + (7.8 * len(name) + 14 if name else 0), 15, counted(pieces), 12, MUTED))
    return line


def lay_out(
    pieces: list[Piece], ids: list[int] | None, width: float, most: int, lines: int | None = None
) -> Scene:
    """The pieces from left to right, in as many lines as they need, or in the first `lines`."""
    scene, y = Scene(width, 0), 0.0
    torn = split_characters(pieces[:most])
    for line in lines_of(pieces[:most], ids, width - 2 * MARGIN, torn)[:lines]:
        over = [t for t in torn if t[0] in line and t[1] in line]
        y += TORN_ROW if over else 2
        x, left = MARGIN, {}
        for i in line:
            wide = width_of(pieces[i], ids[i] if ids else None)
            left[i] = (x, x + wide)
            add_piece(scene, spell_short(pieces[i]), x, y, wide, COLOURS[i % len(COLOURS)])
            if ids:
                scene.add(Text(x + wide / 2, y + BOX + 11, f"{ids[i]}", 10, MUTED, "middle"))
            x += wide + GAP
        for first, last, character in over:
            add_torn(scene, character, left[first], left[last], y)
        y += BOX + (ID_ROW if ids else 0) + 4
    if len(pieces) > most and lines is None:
        scene.add(Text(MARGIN, y + 14, f"... and {len(pieces) - most:,} more tokens", 12, MUTED))
        y += 20
    scene.height = y
    return scene


def lines_of(
    pieces: list[Piece], ids: list[int] | None, room: float, torn: list[tuple[int, int, str]]
) -> list[list[int]]:
    """Which pieces stand on which line; a line end in the text begins a new one.

    Pieces that make one character together stay on one line, if a line has room for them.
    """
    glued = {i for first, last, _ in torn for i in range(first + 1, last + 1)}
    wides = [width_of(piece, ids[i] if ids else None) + GAP for i, piece in enumerate(pieces)]
    lines: list[list[int]] = [[]]
    used = 0.0
    for i, wide in enumerate(wides):
        end = next((j for j in range(i + 1, len(wides)) if j not in glued), len(wides))
        needed = wide if i in glued else sum(wides[i:end])
        ended = bool(lines[-1]) and to_runs(pieces[i - 1])[-1][0].endswith("↵")
        if lines[-1] and (ended or used + needed > room):
            lines.append([])
            used = 0.0
        lines[-1].append(i)
        used += wide
    return lines


def spell_short(piece: Piece) -> list[Run]:
    """The runs of a piece, or its beginning if it is very long."""
    runs, room = [], LONGEST
    for written, is_bytes in to_runs(piece):
        if room > 0:
            runs.append((truncate(written, room), is_bytes))
        room -= len(written)
    return runs


def run_width(run: Run) -> float:
    written, is_bytes = run
    return len(written) * BYTE_CELL + 7 if is_bytes else max(1, display_width(written)) * CELL


def width_of(piece: Piece, number: int | None) -> float:
    wide = sum(map(run_width, spell_short(piece))) + 8
    return max(wide, 6.2 * len(str(number)) + 4) if number is not None else wide


def add_piece(scene: Scene, runs: list[Run], x: float, y: float, wide: float, colour: str) -> None:
    scene.add(Rect(x, y, wide, BOX, colour, radius=4))
    x += (wide - sum(map(run_width, runs))) / 2
    for run in runs:
        (written, is_bytes), middle = run, x + run_width(run) / 2
        if is_bytes:
            scene.add(Rect(x + 1, y + 4, run_width(run) - 2, BOX - 8, WHITE, radius=3))
            scene.add(Text(middle, y + 16.5, written, 10, SLATE, "middle", mono=True))
        else:
            scene.add(Text(middle, y + 17.5, written, 14, INK, "middle", mono=True))
        x += run_width(run)


def add_torn(scene: Scene, character: str, first: tuple, last: tuple, y: float) -> None:
    """A bracket over the pieces that make one character together, and the character."""
    start, end = first[1] - 9, last[0] + 9  # from within the first piece into the last one
    scene.add(Line(((start, y - 1), (start, y - 4), (end, y - 4), (end, y - 1)), MUTED))
    scene.add(Text((start + end) / 2, y - 7, character, 12, INK, "middle"))


def describe(texts: dict[str, list[Piece]], title: str) -> str:
    told = "; ".join(
        f"{f'{name}: ' if name else ''}{counted(pieces)}" for name, pieces in texts.items()
    )
    first = next(iter(texts.values()))[:8]
    shown = "|".join("".join(written for written, _ in spell_short(piece)) for piece in first)
    return f"{title + ': ' if title else ''}{told}; it begins {shown}."
