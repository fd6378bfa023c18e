"""Speculative decoding for each draft and draft length: a grid of speeds, and one call drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from viz.canvas.arrays import to_int, to_mapping, to_number, to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, words_scene
from viz.canvas.palette import GREEN, INK, MUTED, WHITE, blend, diverging_colour, ink_on
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.ticks import format_digits
from viz.serving.hatching import add_hatched

EXAMPLE = "{('6 letters', 4): {'tokens_per_call': 3.24, 'speedup': 1.37}}"
CELL_HEIGHT, NAME = 30.0, 146.0
STRONG = 0.5  # a speed that differs by this from 1 has the full colour
FACTS = 40.0  # room below a call
MAX_DRAFTS, MAX_LENGTHS, LONGEST = 10, 8, 32


@dataclass(frozen=True)
class Draft:
    """What was measured for one draft and one length.

    Attributes:
        tokens: Tokens a call of the model.
        speedup: Times as fast as without a draft.
    """

    tokens: float
    speedup: float


Drafts = dict[tuple[str, int], Draft]


def read_drafts(rows: object) -> Drafts:
    """Check all measurements."""
    given = to_mapping(rows, "rows", EXAMPLE)
    drafts: Drafts = {}
    for key, point in given.items():
        if not (isinstance(key, tuple) and len(key) == 2):
            raise ValueError(f"A key of rows must be (draft, k), not {key!r:.60}.")
        k = to_int(key[1], f"k of {key}", 1, LONGEST)
        row = to_mapping(point, f"rows[{key}]", EXAMPLE)
        tokens, speedup = (read_value(key, row, name) for name in ("tokens_per_call", "speedup"))
        if not 1 <= tokens <= k + 1 + 1e-9:
            raise ValueError(
                f"tokens_per_call of {key} is {tokens:g}: a call gives 1 to k + 1 = {k + 1} tokens."
            )
        drafts[str(key[0]), k] = Draft(tokens, speedup)
    names, lengths = {name for name, _ in drafts}, {k for _, k in drafts}
    if not drafts or len(names) > MAX_DRAFTS or len(lengths) > MAX_LENGTHS:
        raise ValueError(
            f"rows have {len(names)} drafts and {len(lengths)} lengths; give 1 to {MAX_DRAFTS} "
            f"drafts and 1 to {MAX_LENGTHS} lengths, such as {EXAMPLE}."
        )
    return drafts


def read_value(key: Any, row: Mapping[Any, Any], name: str) -> float:
    """One number above 0."""
    if name not in row:
        raise ValueError(f"rows[{key}] has no {name!r}; it has {', '.join(map(str, row))}.")
    [number] = to_numbers([to_number(row[name], f"{name} of {key}")], f"{name} of {key}")
    if number <= 0:
        raise ValueError(f"{name} of {key} is {number:g}; it must be above 0.")
    return number


def grid_scene(drafts: Drafts, chosen: tuple[str, int], width: float) -> Scene:
    """A row for each draft, a column for each length; the chosen cell is framed."""
    names = list(dict.fromkeys(name for name, _ in drafts))
    lengths = sorted({k for _, k in drafts})
    left, cell = MARGIN + NAME, (width - 2 * MARGIN - NAME) / len(lengths)
    scene = Scene(width, 46)
    scene.add(Text(MARGIN, 16, "times as fast as without a draft", 12.5, MUTED, weight="600"))
    for i, k in enumerate(lengths):
        scene.add(Text(left + cell * (i + 0.5), 38, f"k = {k}", 11.5, MUTED, "middle"))
    for row, name in enumerate(names):
        y = scene.height + CELL_HEIGHT * row
        scene.add(Text(left - 8, y + 19, truncate(name, 20), 12, INK, "end"))
        for i, k in enumerate(lengths):
            if (name, k) in drafts:
                add_cell(scene, left + cell * i, y, cell, drafts[name, k].speedup)
    x, y = (
        left + cell * lengths.index(chosen[1]),
        scene.height + CELL_HEIGHT * names.index(chosen[0]),
    )
    scene.add(Rect(x, y, cell, CELL_HEIGHT, "none", INK, 2.6, radius=4))
    scene.height += CELL_HEIGHT * len(names) + 14
    return scene


def add_cell(scene: Scene, x: float, y: float, width: float, speedup: float) -> None:
    """Add one cell: blue is faster, orange slower."""
    colour = diverging_colour(0.75 * (speedup - 1) / STRONG)
    scene.add(Rect(x + 1.5, y + 1.5, width - 3, CELL_HEIGHT - 3, colour, radius=3))
    words = f"{speedup:.2f}"
    scene.add(Text(x + width / 2, y + 19.5, words, 12, ink_on(colour), "middle"))


def call_scene(drafts: Drafts, chosen: tuple[str, int], width: float) -> Scene:
    """One call: k + 1 places are computed; those that become tokens are filled."""
    draft, k = drafts[chosen], chosen[1]
    scene = Scene(width, 26)
    scene.add(Text(MARGIN, 16, "one call of the model, on average", 12.5, MUTED, weight="600"))
    columns = min(k + 1, 9)
    side = min(40.0, (width - 2 * MARGIN) / columns)
    for i in range(k + 1):
        x, y = MARGIN + side * (i % columns), scene.height + (side + 2) * (i // columns)
        full = min(1.0, max(0.0, draft.tokens - i))
        size = side - 3
        if full < 1:
            add_hatched(scene, x, y, size, size, WHITE)
        scene.add(Rect(x, y, size * full, size, blend(GREEN, WHITE, 0.45), radius=2))
    scene.height += (side + 2) * (k // columns + 1) + 6
    facts = words_scene(call_words(draft, k), width, INK)
    facts.height = max(facts.height, FACTS)
    return vstack(scene, facts)


def call_words(draft: Draft, k: int) -> str:
    """What one call gives."""
    letters = "1 token" if k == 1 else f"{k} tokens"
    return (
        f"The draft proposes {letters}. The call computes {k + 1} places and gives "
        f"{format_digits(draft.tokens)} tokens; the hatched part is computed for nothing."
    )
