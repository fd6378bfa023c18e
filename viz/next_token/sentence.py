"""A sentence as tokens, and after one of them the likeliest next tokens as bars.

Below each token is the probability that the model gave it. In a browser the bars follow the mouse,
the finger or the arrow keys, without a kernel; the still shows one position.
"""

import json
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viz.canvas import palette
from viz.canvas.arrays import to_int, to_text, to_tokens
from viz.canvas.labels import title_width, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import BLUE, FAINT, INK, MUTED, ORANGE, TINTS
from viz.canvas.picture import PHONE, Picture, page_script
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.visible_text import Piece, display_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Candidates = Mapping[Piece, float] | Sequence[tuple[Piece, float]]
Box = tuple[float, float, float]  # left, top, width
Geometry = dict[str, Any]  # where the boxes and the bars of a form are

BOX, CELL, GAP, LINE_STRIDE = 28.0, 8.5, 4.0, 52.0
WIDTH, LONG_WIDTH, MAX_LINES = 480, 860, 6  # of the text; with more lines it is wider
MIN_BOX, MAX_CHARS, MAX_BAR_CHARS = 34.0, 24, 12
ROW, LEFT, BAR_WIDTH, PHONE_BAR = 22, 124, 200, 90
TOLERANCE = 0.01  # of a sum of rounded probabilities
COLOURS = ("PAPER", "INK", "MUTED", "FAINT", "BLUE", "ORANGE", "SANS", "MONO")


def draw_next_tokens(
    tokens: Sequence[str | bytes],
    candidates: Sequence[Candidates],
    *,
    probs: Sequence[float] | None = None,
    position: int = -1,
    title: str = "",
    width: int | None = None,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a text as tokens, and the likeliest next tokens after one of them.

    Args:
        tokens: The T tokens of a text, as text or bytes.
        candidates: For each token the likeliest next ones: a mapping token -> probability, or
            pairs. They need not sum to 1; what is missing is drawn as one bar, "all others".
        probs: The probability of each token but the first. None looks it up in the candidates,
            and writes "rare" for a token that is not among them.
        position: The token after which the still looks; -1 is the last one.
        title: Title of the picture.
        width: Width in pixels at which the text breaks. None is 480, and 860 for a long text.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `tokens`, `candidates`, `position` and `probs` (of each token, None if it
        is not known) in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there are not as many candidates or `probs` as tokens need, or they are no
            probabilities.

    Example:
        >>> after = [{"b": 0.75, "a": 0.25}, {"a": 0.5, "b": 0.5}]
        >>> draw_next_tokens(["a", "b"], after, position=0)
        Picture: Next token after a: b 0.75, a 0.25; the text continues with b.
    """
    names = to_tokens(tokens)
    rows = check_candidates(candidates, len(names))
    position = to_int(position, "position", -len(names), len(names) - 1) % len(names)
    actual = [None, *check_probs(probs, rows, names)]
    if width is None:
        width = WIDTH if layout_boxes(names, WIDTH)[-1][1] < MAX_LINES * LINE_STRIDE else LONG_WIDTH
    scene = Scene(max(width, title_width(title), LEFT + BAR_WIDTH + 140), 42 if title else 14)
    if title:
        scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    parts = (names, rows, actual, position)
    geometry = add_sentence(scene, *parts, width, (LEFT, BAR_WIDTH))
    narrow = phone_title_scene(title)
    narrow_geometry = add_sentence(narrow, *parts, NARROW, (LEFT, PHONE_BAR))
    following = names[position + 1] if position + 1 < len(names) else None
    alt = alt_text(names[position], rows[position], following)
    data = {"tokens": names, "candidates": rows, "position": position, "probs": actual}
    picture = Picture(data, alt, scene, narrow=narrow)
    forms = {"wide": geometry, "narrow": narrow_geometry}
    picture.html = interactive_html(picture.to_html(), names, rows, position, forms)
    return picture.draw_on(ax) if ax is not None else picture


def add_sentence(
    scene: Scene,
    names: list[str],
    rows: list[list[tuple[str, float]]],
    actual: Sequence[float | None],
    position: int,
    width: float,
    bar: tuple[float, float],
) -> Geometry:
    """The tokens and the bars, below what is drawn; and where all of that is, for the script."""
    top, boxes = scene.height, layout_boxes(names, width)
    add_tokens(scene, names, actual, boxes, position, top)
    bars_top = top + boxes[-1][1] + LINE_STRIDE + 8
    following = names[position + 1] if position + 1 < len(names) else None
    add_bars(scene, names[position], rows[position], following, bars_top, *bar)
    scene.height = bars_top + 22 + ROW * (1 + max(map(len, rows))) + 10
    return {
        "size": [round(scene.width, 1), round(scene.height, 1)],
        "boxes": [[x, top + y, w] for x, y, w in boxes],
        "bars": bars_top,
        "left": bar[0],
        "bar": bar[1],
    }


def check_candidates(candidates: Sequence[Candidates], count: int) -> list[list[tuple[str, float]]]:
    """Pairs for each position, the likeliest first; raises ValueError if they do not fit."""
    if len(candidates) != count or not count:
        raise ValueError(
            f"{len(candidates)} rows of candidates for {count} tokens: give one row for each "
            f"token, the next tokens that are likely after it, and at least one token."
        )
    rows = []
    for k, given in enumerate(candidates):
        pairs = given.items() if isinstance(given, Mapping) else given
        row = sorted(((to_text(name), float(prob)) for name, prob in pairs), key=lambda p: -p[1])
        probs = [prob for _, prob in row]
        if not row or not all(0 <= prob <= 1 for prob in probs) or sum(probs) > 1 + TOLERANCE:
            raise ValueError(
                f"The candidates of position {k} are {probs[:5]}: give at least one, each from 0 "
                f"to 1, that sum to at most 1. If they are logits, put them through softmax first."
            )
        rows.append(row)
    return rows


def check_probs(
    probs: Sequence[float] | None, rows: list[list[tuple[str, float]]], names: list[str]
) -> list[float | None]:
    """The probability of each token but the first; None where it is not known."""
    if probs is None:
        return [dict(row).get(name) for row, name in zip(rows, names[1:])]
    if len(probs) != len(names) - 1 or not all(0 <= prob <= 1 for prob in probs):
        raise ValueError(
            f"probs={list(probs)[:5]} must be {len(names) - 1} numbers from 0 to 1 for "
            f"{len(names)} tokens: one for each token but the first."
        )
    return [float(prob) for prob in probs]


def layout_boxes(names: list[str], width: float) -> list[Box]:
    """Where each token is: left, top and width, in as many lines as they need."""
    boxes: list[Box] = []
    x, y = MARGIN, 0.0
    for name in names:
        needed = max(MIN_BOX, CELL * display_width(visible_token(name, MAX_CHARS)) + 10)
        if x + needed > width - MARGIN and x > MARGIN:
            x, y = MARGIN, y + LINE_STRIDE
        boxes.append((x, y, needed))
        x += needed + GAP
    return boxes


def format_percent(prob: float) -> str:
    """0.773 -> 77%, 0.004 -> 0.4%, 0.0002 -> <0.1%."""
    if prob < 0.001:
        return "<0.1%"
    return f"{100 * prob:.1f}%" if prob < 0.0995 else f"{100 * prob:.0f}%"


def add_tokens(
    scene: Scene,
    names: list[str],
    actual: Sequence[float | None],
    boxes: list[Box],
    position: int,
    top: float,
) -> None:
    """The tokens, below each its probability, and a frame around one."""
    for k, (name, prob, (x, y, width)) in enumerate(zip(names, actual, boxes)):
        scene.add(Rect(x, top + y, width, BOX, TINTS[1 + k % 4], radius=4))
        shown = visible_token(name, MAX_CHARS)
        scene.add(Text(x + width / 2, top + y + 19, shown, 14, INK, "middle", mono=True))
        got = "" if k == 0 else "rare" if prob is None else format_percent(prob)
        scene.add(Text(x + width / 2, top + y + BOX + 13, got, 10.5, MUTED, "middle"))
    x, y, width = boxes[position]
    scene.add(Rect(x, top + y, width, BOX, "none", INK, 2.5, radius=4))


def add_bars(
    scene: Scene,
    after: str,
    row: list[tuple[str, float]],
    following: str | None,
    top: float,
    left: float,
    bar_width: float,
) -> None:
    """The candidates, the likeliest in orange, and one bar for all other tokens."""
    heading = f"next token after {visible_token(after, MAX_CHARS)}"
    scene.add(Text(MARGIN, top + 12, heading, 13, INK, weight="600"))
    top += 22
    others = max(0.0, 1 - sum(prob for _, prob in row))
    for i, (name, prob) in enumerate([*row, ("all others", others)]):
        is_token, y = i < len(row), top + ROW * i
        shown = visible_token(name, MAX_BAR_CHARS) if is_token else name
        scene.add(Text(left - 10, y + 15, shown, 13, INK, "end", mono=is_token))
        scene.add(Rect(left, y + 3, bar_width, ROW - 6, FAINT))
        fill = MUTED if not is_token else ORANGE if i == 0 else BLUE
        scene.add(Rect(left, y + 3, bar_width * prob, ROW - 6, fill))
        mark = "  ◂ in the text" if is_token and name == following else ""
        scene.add(Text(left + bar_width + 8, y + 15, format_percent(prob) + mark, 12, MUTED))


def alt_text(after: str, row: list[tuple[str, float]], following: str | None) -> str:
    """One sentence: the likeliest tokens, and the one that follows."""
    best = ", ".join(f"{visible_token(name)} {prob:.2f}" for name, prob in row[:3])
    then = "" if following is None else f"; the text continues with {visible_token(following)}"
    return f"Next token after {visible_token(after)}: {best}{then}."


def interactive_html(
    still: str,
    names: list[str],
    rows: list[list[tuple[str, float]]],
    position: int,
    forms: Mapping[str, Geometry],
) -> str:
    """The still in a block that carries the candidates, and the script that shows others."""
    payload = {
        "tokens": [visible_token(name, MAX_CHARS) for name in names],
        "rows": [
            [
                [visible_token(name, MAX_BAR_CHARS), format_percent(prob), round(prob, 4)]
                for name, prob in row
            ]
            for row in rows
        ],
        "follows": [
            next((i for i, (name, _) in enumerate(row) if name == following), -1)
            for row, following in zip(rows, names[1:])
        ],
        "position": position,
        "box": BOX,
        "row": ROW,
        **forms,
    }
    colours = {name: getattr(palette, name) for name in COLOURS} | {"PHONE": PHONE}
    code = page_script(Path(__file__).with_suffix(".js"), **colours)
    text = escape(json.dumps(payload, ensure_ascii=False))
    return f'<div class="viz-sentence" data-sentence="{text}">{still}</div><script>{code}</script>'
