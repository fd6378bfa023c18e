"""The head split: a sheet of T x C numbers cut into H strips, each with a T x T square of its own.

The strips are glued back side by side. A width that does not divide leaves a torn strip.
"""

from collections.abc import Mapping
from textwrap import wrap

from viz.canvas.arrays import to_int, to_numbers
from viz.canvas.palette import BLUE, FAINT, GOLD, GREEN, INK, LINE, MUTED, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

RED = "#b3261e"  # torn; said in words, too
LEFT, WIDE, GAP = 110.0, 660.0, 6.0
SHEET, SQUARE = 64.0, 62.0  # the height of the sheet, the largest square
MOST_STRIPS = 26
FRIENDLY = 8  # GPU kernels like head sizes that are multiples of it


def draw_head_split(
    n_embd: int,
    n_head: int,
    *,
    tokens: int = 8,
    parameters=None,
    advice: str = "",
    title: str = "",
    ax=None,
) -> Picture:
    """A sheet with a row for each token cut into `n_head` strips; torn if they do not divide.

    `parameters` is a count, or a mapping part -> count; `advice` stands below a torn strip.
    Raises:  ValueError for sizes below 1.
    Example: draw_head_split(768, 12)
    """
    n_embd, n_head = to_int(n_embd, "n_embd", 1), to_int(n_head, "n_head", 1)
    tokens = to_int(tokens, "tokens", 1)
    size, rest = divmod(n_embd, n_head)
    counts = {} if rest else to_counts(parameters)
    heading = title or headline(n_embd, n_head, size, rest)
    scene = Scene(LEFT + WIDE + 30, 0)
    scene.add(Text(16, 25, heading, 15, RED if rest else INK, weight="600"))
    y = split(scene, n_embd, n_head, tokens, 46)
    y = verdict(scene, size, rest, advice, y)
    if counts:
        y = add_counts(scene, counts, y + 4)
    scene.height = y + 14
    data = {
        "n_embd": n_embd,
        "n_head": n_head,
        "head_size": None if rest else size,
        "parameters": counts or None,
    }
    total = f" {sum(counts.values()):,} parameters." if counts else ""
    picture = Picture(data, f"{heading}.{total}{' ' + advice if rest else ''}", scene)
    return picture.draw_on(ax) if ax is not None else picture


def to_counts(given) -> dict[str, int]:
    if given is None:
        return {}
    named = given if isinstance(given, Mapping) else {"parameters": given}
    numbers = to_numbers(list(named.values()), "parameters")
    return {str(name): round(number) for name, number in zip(named, numbers)}


def headline(n_embd: int, n_head: int, size: int, rest: int) -> str:
    if rest:
        return f"{n_embd} / {n_head} is not whole: {rest} of {n_embd} numbers belong to no head"
    heads = "one head" if n_head == 1 else f"{n_head} heads"
    return f"{n_embd} numbers shared out among {heads}: {size} each"


def split(scene: Scene, C: int, H: int, T: int, y: float) -> float:
    """The sheet, the strips, their squares, the sheet again; gives back where the drawing ends."""
    shown = min(H, MOST_STRIPS)
    size, rest = divmod(C, H)
    torn = max(14.0, WIDE * rest / C) if rest else 0.0
    cut = (WIDE - torn) / shown
    strip = cut if rest else (WIDE + GAP) / shown  # with the gap after it
    more = f", {shown} of {H} strips drawn" if shown < H else ""
    row(scene, y + SHEET / 2, "one sheet", f"T x C: {T} x {C}")
    scene.add(Rect(LEFT, y, WIDE, SHEET, tint(0), LINE), *rows_of(LEFT, y, WIDE, SHEET, T))
    for k in range(1, shown + (rest > 0)):
        scene.add(
            Line(((LEFT + cut * k, y - 3), (LEFT + cut * k, y + SHEET + 3)), INK, 1, dash="4 3")
        )
    y += SHEET + 26
    row(scene, y + SHEET / 2, f"{H} strip{'s' * (H > 1)}", f"T x D: {T} x {size}")
    square = min(SQUARE, strip - GAP)
    for k in range(shown):
        x, wide = LEFT + strip * k, strip - GAP
        scene.add(Rect(x, y, wide, SHEET, tint(k), LINE), *rows_of(x, y, wide, SHEET, T))
        if not rest:
            middle = x + wide / 2
            scene.add(Line(((middle, y + SHEET + 2), (middle, y + SHEET + 14)), MUTED, 1.5))
            add_triangle(scene, middle - square / 2, y + SHEET + 18, square, k)
    if rest:
        add_torn(scene, LEFT + WIDE - torn, y, torn, rest)
        return y + SHEET + 30
    y += SHEET + 18
    row(scene, y + square / 2, f"{H} square{'s' * (H > 1)}", f"T x T: {T} x {T}")
    y += square + 22
    row(scene, y + SHEET / 2, "glued back", f"T x C: {T} x {C}")
    for k in range(shown):
        scene.add(Rect(LEFT + cut * k, y, cut, SHEET, tint(k)))
    scene.add(Rect(LEFT, y, WIDE, SHEET, "none", LINE), *rows_of(LEFT, y, WIDE, SHEET, T))
    if more:
        scene.add(Text(LEFT, y + SHEET + 14, more[2:], 11, MUTED))
    return y + SHEET + (20 if more else 6)


def row(scene: Scene, y: float, name: str, shape: str) -> None:
    scene.add(Text(LEFT - 12, y - 2, name, 13, INK, "end", "600"))
    scene.add(Text(LEFT - 12, y + 14, shape, 11, MUTED, "end"))


def tint(k: int) -> str:
    return blend(WHITE, BLUE, 0.12 if k % 2 == 0 else 0.3)


def rows_of(x: float, y: float, wide: float, tall: float, T: int) -> list[Line]:
    """A hairline under each token's row; beyond 16 they would only be grey."""
    count = min(T, 16)
    return [
        Line(((x, y + tall * k / count), (x + wide, y + tall * k / count)), WHITE, 1)
        for k in range(1, count)
    ]


def add_triangle(scene: Scene, x: float, y: float, side: float, k: int) -> None:
    """Who listens to whom in one head: only backwards."""
    scene.add(Rect(x, y, side, side, WHITE, LINE))
    steps = 6
    for i in range(steps):
        cell = side / steps
        scene.add(
            Rect(x, y + cell * i, cell * (i + 1), cell, blend(WHITE, BLUE, 0.35 + 0.3 * (k % 2)))
        )
    if side >= 26:
        scene.add(
            Text(
                x + side / 2,
                y + side + 13,
                f"head {k}" if side >= 40 else f"{k}",
                10,
                MUTED,
                "middle",
            )
        )


def add_torn(scene: Scene, x: float, y: float, wide: float, rest: int) -> None:
    """The strip that is too narrow for a head, with a torn edge."""
    scene.add(Rect(x, y, wide, SHEET, blend(WHITE, RED, 0.25), RED, 1.5))
    teeth = 9
    edge = tuple((x - 4 + 7 * (k % 2), y - 4 + (SHEET + 8) * k / teeth) for k in range(teeth + 1))
    scene.add(Line(edge, RED, 2.5))
    scene.add(Text(x + wide, y + SHEET + 20, f"{rest} left over", 13, RED, "end", "600"))


def verdict(scene: Scene, size: int, rest: int, advice: str, y: float) -> float:
    """Whether kernels like this head size; or the advice, if there is none."""
    if rest:
        lines = wrap(advice, 104) or ["Choose sizes that divide."]
        for k, line in enumerate(lines):
            scene.add(Text(16, y + 18 + 18 * k, line, 13, RED))
        return y + 18 * len(lines) + 12
    friendly = size % FRIENDLY == 0
    words = f"head size {size}: " + (
        f"a multiple of {FRIENDLY}, as GPU kernels like it"
        if friendly
        else f"not a multiple of {FRIENDLY}: it works, and runs slower on a GPU"
    )
    colour = GREEN if friendly else GOLD
    scene.add(Text(LEFT, y + 20, ("✓ " if friendly else "! ") + words, 13, colour, weight="600"))
    return y + 30


def add_counts(scene: Scene, counts: dict[str, int], y: float) -> float:
    """The parameters by part, and together."""
    largest = max(*counts.values(), 1)
    for k, (name, count) in enumerate(counts.items()):
        down = y + 20 * k
        scene.add(Text(LEFT - 12, down + 13, name, 12, INK, "end"))
        scene.add(
            Rect(LEFT, down + 3, 300, 13, FAINT),
            Rect(LEFT, down + 3, 300 * count / largest, 13, BLUE),
        )
        scene.add(Text(LEFT + 310, down + 14, f"{count:,}", 12, INK))
    bottom = y + 20 * len(counts)
    if len(counts) > 1:
        scene.add(Text(LEFT - 12, bottom + 15, "together", 12, INK, "end", "600"))
        scene.add(Text(LEFT + 310, bottom + 15, f"{sum(counts.values()):,}", 12, INK, weight="600"))
        bottom += 20
    return bottom
