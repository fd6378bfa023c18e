"""The head split: T x C numbers split into H heads, each with a T x T attention matrix of its own.

The heads are concatenated again below. If C is not divisible by H, the remainder is drawn in red.
"""

from collections.abc import Mapping
from textwrap import wrap
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int, to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import BLUE, FAINT, GOLD, GREEN, INK, LINE, MUTED, PAPER, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RED = "#b3261e"  # of a remainder, which is named in words, too
LEFT, WIDTH, GAP = 126.0, 660.0, 6.0
PHONE_GAP, PHONE_HEADS, PHONE_LEFT, PHONE_BAR = 4.0, 16, 132.0, 110.0
BAND, MAX_SQUARE = 64.0, 62.0  # height of a T x C block, largest T x T square
MAX_HEADS = 26
HEAD_DIM_MULTIPLE = 8  # GPU kernels are fastest at its multiples


def draw_head_split(
    n_embd: int,
    n_head: int,
    *,
    tokens: int = 8,
    parameters: int | Mapping[str, int] | None = None,
    warning: str = "",
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw how `n_embd` numbers per token are split into `n_head` heads.

    Args:
        n_embd: Numbers per token, C.
        n_head: Number of heads, H.
        tokens: Number of tokens, T; one row each.
        parameters: How many parameters the sizes give: a count, or a mapping part -> count.
        warning: Text below the picture if `n_embd` is not divisible by `n_head`.
        title: Title of the picture, instead of a sentence about the sizes.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `n_embd`, `n_head`, `head_dim` and `parameters` in `.data`; or `ax`.

    Raises:
        ValueError: If a size is below 1.

    Example:
        >>> draw_head_split(768, 12)
        Picture: 768 numbers split into 12 heads: 64 each.
    """
    n_embd, n_head = to_int(n_embd, "n_embd", 1), to_int(n_head, "n_head", 1)
    tokens = to_int(tokens, "tokens", 1)
    head_dim, remainder = divmod(n_embd, n_head)
    counts = {} if remainder else to_counts(parameters)
    heading = title or title_sentence(n_embd, n_head, head_dim, remainder)
    scene = Scene(LEFT + WIDTH + 30, 46)
    scene.add(Text(16, 25, heading, 15, RED if remainder else INK, weight="600"))
    narrow = phone_title_scene(heading, RED if remainder else INK)
    narrow.height += 6
    for sheet in (scene, narrow):
        y = add_split(sheet, n_embd, n_head, tokens, sheet.height)
        y = add_head_dim_note(sheet, head_dim, remainder, warning, y)
        if counts:
            y = add_counts(sheet, counts, y + 4)
        sheet.height = y + 14
    data = {
        "n_embd": n_embd,
        "n_head": n_head,
        "head_dim": None if remainder else head_dim,
        "parameters": counts or None,
    }
    total = f" {sum(counts.values()):,} parameters." if counts else ""
    alt = f"{heading}.{total}{' ' + warning if remainder else ''}"
    picture = Picture(data, alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def to_counts(given: int | Mapping[str, int] | None) -> dict[str, int]:
    if given is None:
        return {}
    named = given if isinstance(given, Mapping) else {"parameters": given}
    numbers = to_numbers(list(named.values()), "parameters")
    return {str(name): round(number) for name, number in zip(named, numbers)}


def title_sentence(n_embd: int, n_head: int, head_dim: int, remainder: int) -> str:
    if remainder:
        return (
            f"{n_embd} / {n_head} is not whole: {remainder} of {n_embd} numbers belong to no head"
        )
    heads = "one head" if n_head == 1 else f"{n_head} heads"
    return f"{n_embd} numbers split into {heads}: {head_dim} each"


def add_split(scene: Scene, C: int, H: int, T: int, y: float) -> float:
    """Draw input, heads, attention matrices and concatenation; return the lower end."""
    is_narrow = scene.width <= NARROW
    left, whole = (MARGIN, NARROW - 2 * MARGIN) if is_narrow else (LEFT, WIDTH)
    gap, most = (PHONE_GAP, PHONE_HEADS) if is_narrow else (GAP, MAX_HEADS)
    shown = min(H, most)
    head_dim, remainder = divmod(C, H)
    remainder_width = max(14.0, whole * remainder / C) if remainder else 0.0
    part_width = (whole - remainder_width) / shown
    pitch = part_width if remainder else (whole + gap) / shown  # with the gap after it
    y = add_row_label(scene, y, BAND, "q, k or v", f"T x C: {T} x {C}")
    scene.add(Rect(left, y, whole, BAND, tint(0), LINE), *token_lines(left, y, whole, BAND, T))
    for k in range(1, shown + (remainder > 0)):
        x = left + part_width * k
        scene.add(Line(((x, y - 3), (x, y + BAND + 3)), INK, 1, dash="4 3"))
    y += BAND + (12 if is_narrow else 26)
    y = add_row_label(scene, y, BAND, f"{H} head{'s' * (H > 1)}", f"T x D: {T} x {head_dim}")
    square = min(MAX_SQUARE, pitch - gap)
    label = add_row_label(Scene(scene.width, 0), 0, square, "", "")  # its height, on a phone
    triangles = y + BAND + 18 + label
    for k in range(shown):
        x, width = left + pitch * k, pitch - gap
        scene.add(Rect(x, y, width, BAND, tint(k), LINE), *token_lines(x, y, width, BAND, T))
        if not remainder:
            middle = x + width / 2
            scene.add(Line(((middle, y + BAND + 2), (middle, triangles - 4)), MUTED, 1.5))
            add_triangle(scene, middle - square / 2, triangles, square, k)
    if remainder:
        add_remainder(scene, left + whole - remainder_width, y, remainder_width, remainder)
        return y + BAND + 30
    add_row_label(scene, triangles - label, square, "attention", f"T x T: {T} x {T}")
    y = triangles + square + 22
    y = add_row_label(scene, y, BAND, "concatenated", f"T x C: {T} x {C}")
    for k in range(shown):
        scene.add(Rect(left + part_width * k, y, part_width, BAND, tint(k)))
    scene.add(Rect(left, y, whole, BAND, "none", LINE), *token_lines(left, y, whole, BAND, T))
    if shown < H:
        scene.add(Text(left, y + BAND + 14, f"{shown} of {H} heads drawn", 11, MUTED))
    return y + BAND + (20 if shown < H else 6)


def add_row_label(scene: Scene, y: float, height: float, name: str, shape: str) -> float:
    """The label of a row: on its left, or on a phone above it; the upper side of the row."""
    if scene.width <= NARROW:
        x = MARGIN + 8 * len(name) + 12
        if name:
            # On paper, because a line from head to head passes behind it.
            scene.add(Rect(MARGIN, y, x + 6 * len(shape) - MARGIN, 18, PAPER))
        scene.add(Text(MARGIN, y + 13, name, 13, INK, weight="600"))
        scene.add(Text(x, y + 13, shape, 11, MUTED))
        return y + 22
    scene.add(Text(LEFT - 12, y + height / 2 - 2, name, 13, INK, "end", "600"))
    scene.add(Text(LEFT - 12, y + height / 2 + 14, shape, 11, MUTED, "end"))
    return y


def tint(k: int) -> str:
    return blend(WHITE, BLUE, 0.12 if k % 2 == 0 else 0.3)


def token_lines(x: float, y: float, width: float, height: float, T: int) -> list[Line]:
    """A line under each token's row. Above 16 tokens the lines would merge into grey."""
    count = min(T, 16)
    return [
        Line(((x, y + height * k / count), (x + width, y + height * k / count)), WHITE, 1)
        for k in range(1, count)
    ]


def add_triangle(scene: Scene, x: float, y: float, side: float, k: int) -> None:
    """The causal mask of one head."""
    scene.add(Rect(x, y, side, side, WHITE, LINE))
    steps = 6
    for i in range(steps):
        cell = side / steps
        fill = blend(WHITE, BLUE, 0.35 + 0.3 * (k % 2))
        scene.add(Rect(x, y + cell * i, cell * (i + 1), cell, fill))
    if side >= 26:
        name = f"head {k}" if side >= 40 else f"{k}"
        scene.add(Text(x + side / 2, y + side + 13, name, 10.5, MUTED, "middle"))


def add_remainder(scene: Scene, x: float, y: float, width: float, remainder: int) -> None:
    """The strip that is too narrow for a head, with a torn edge."""
    scene.add(Rect(x, y, width, BAND, blend(WHITE, RED, 0.25), RED, 1.5))
    teeth = 9
    edge = tuple((x - 4 + 7 * (k % 2), y - 4 + (BAND + 8) * k / teeth) for k in range(teeth + 1))
    scene.add(Line(edge, RED, 2.5))
    scene.add(Text(x + width, y + BAND + 20, f"{remainder} left over", 13, RED, "end", "600"))


def add_head_dim_note(scene: Scene, head_dim: int, remainder: int, warning: str, y: float) -> float:
    """Whether kernels are fast at this head dimension; or the warning about a remainder."""
    if remainder:
        columns = int((scene.width - 2 * MARGIN) / 7.1)
        lines = wrap(warning, columns) or ["Choose sizes that divide."]
        for k, line in enumerate(lines):
            scene.add(Text(16, y + 18 + 18 * k, line, 13, RED))
        return y + 18 * len(lines) + 12
    is_multiple = head_dim % HEAD_DIM_MULTIPLE == 0
    words = f"head dimension {head_dim}: " + (
        f"a multiple of {HEAD_DIM_MULTIPLE}, for which GPUs are fast"
        if is_multiple
        else f"not a multiple of {HEAD_DIM_MULTIPLE}: it works, and runs slower on a GPU"
    )
    colour, is_narrow = GREEN if is_multiple else GOLD, scene.width <= NARROW
    words = ("✓ " if is_multiple else "! ") + words
    lines = wrap(words, 44) if is_narrow else [words]
    for k, line in enumerate(lines):
        x = MARGIN if is_narrow else LEFT
        scene.add(Text(x, y + 20 + 18 * k, line, 13, colour, weight="600"))
    return y + 12 + 18 * len(lines)


def add_counts(scene: Scene, counts: dict[str, int], y: float) -> float:
    """The parameters of each part, and their total."""
    largest, is_narrow = max(*counts.values(), 1), scene.width <= NARROW
    left, bar = (PHONE_LEFT, PHONE_BAR) if is_narrow else (LEFT, 300.0)
    for k, (name, count) in enumerate(counts.items()):
        down = y + 20 * k
        scene.add(
            Text(left - 12, down + 13, truncate(name, 17) if is_narrow else name, 12, INK, "end")
        )
        scene.add(Rect(left, down + 3, bar, 13, FAINT))
        scene.add(Rect(left, down + 3, bar * count / largest, 13, BLUE))
        scene.add(Text(left + bar + 10, down + 14, f"{count:,}", 12, INK))
    bottom = y + 20 * len(counts)
    if len(counts) > 1:
        scene.add(Text(left - 12, bottom + 15, "together", 12, INK, "end", "600"))
        scene.add(
            Text(left + bar + 10, bottom + 15, f"{sum(counts.values()):,}", 12, INK, weight="600")
        )
        bottom += 20
    return bottom
