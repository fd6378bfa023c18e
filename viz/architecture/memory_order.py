"""A tensor and the row of numbers in memory that it shows: what `view` and `transpose` change.

Numbers of one token have one colour, so that a wrong split is visible: a row with two colours.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from viz.canvas.arrays import to_int
from viz.canvas.pages import NARROW, phone_title_scene
from viz.canvas.palette import FAINT, INK, LINE, MUTED, TINTS
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEFT, CELL, GAP = 110.0, 42.0, 4.0
MOST_NUMBERS = 16  # one row on the screen
GRID_TOP = 150.0
PHONE_LEFT, PHONE_CELL, PHONE_GAP, PHONE_COLUMNS = 67.0, 32.0, 3.0, 8


def draw_memory_order(
    x: Any, *, numbers_per_token: int = 4, title: str = "", ax: "Axes | None" = None
) -> Picture:
    """Draw a tensor of one or two axes above the order of its numbers in memory.

    Args:
        x: A tensor or an array with the numbers 0, 1, 2, ... in any order, at most 16.
        numbers_per_token: The numbers 0 to this belong to token 0, the next ones to token 1.
        title: Title of the picture; by default its shape and strides.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture; `.data` has `shape`, `strides` (steps in memory) and `memory`; or `ax`.

    Raises:
        ValueError: If `x` has other axes, other numbers, or too many.

    Example:
        >>> import numpy as np
        >>> draw_memory_order(np.arange(8).reshape(2, 4).T).data["strides"]
        [1, 4]
    """
    array = np.asarray(x.detach().cpu().numpy() if hasattr(x, "detach") else x)
    per_token = to_int(numbers_per_token, "numbers_per_token", 1)
    if array.ndim not in (1, 2) or sorted(array.ravel().tolist()) != list(range(array.size)):
        raise ValueError(
            f"x must have one or two axes and the numbers 0, 1, 2, ... once each, such as "
            f"arange(8).reshape(2, 4); this one has shape {array.shape}."
        )
    if not 1 <= array.size <= MOST_NUMBERS:
        raise ValueError(f"x has {array.size} numbers; from 1 to {MOST_NUMBERS} can be drawn.")
    strides = [step // array.itemsize for step in array.strides]
    memory = array.ravel(order="K").tolist()
    alt = describe(array.shape, strides)
    heading = f"Shape {array.shape}, strides {tuple(strides)}"
    scene = build_scene(array, memory, per_token, title or heading)
    data = {"shape": list(array.shape), "strides": strides, "memory": memory}
    rows = "; ".join(" ".join(map(str, row)) for row in np.atleast_2d(array).tolist())
    narrow = phone_scene(array, memory, per_token, title or heading)
    picture = Picture(data, f"{alt}. Rows: {rows}.", scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def describe(shape: Sequence[int], strides: Sequence[int]) -> str:
    """Shape and strides as a sentence without a full stop."""
    if len(shape) == 1:
        return f"Shape ({shape[0]},): the next number is {places(strides[0])} further in memory"
    return (
        f"Shape ({shape[0]}, {shape[1]}): one row down is {places(strides[0])} further in memory, "
        f"one column right is {places(strides[1])}"
    )


def places(step: int) -> str:
    return f"{step} place" if step == 1 else f"{step} places"


def build_scene(array: Any, memory: list[int], per_token: int, title: str) -> Scene:
    """The row in memory, and below it the rows of the tensor."""
    rows = np.atleast_2d(array).tolist()
    tokens = range(-(-array.size // per_token))
    width = LEFT + max(len(memory), len(rows[0])) * (CELL + GAP) + 30
    scene = Scene(max(width, 660), GRID_TOP + len(rows) * (CELL + GAP) + 16)
    scene.add(Text(16, 25, title, 14.5, weight="600"))
    for token in tokens:
        x = LEFT + token * 90
        scene.add(Rect(x, 38, 14, 14, tint(token), LINE))
        scene.add(Text(x + 20, 50, f"token {token}", 12, MUTED))
    scene.add(Text(16, 66 + CELL / 2 + 5, "in memory", 13, INK))
    add_row(scene, memory, 66, per_token)
    scene.add(Rect(LEFT, 66 + CELL + 18, scene.width - LEFT - 30, 1, FAINT))
    for i, row in enumerate(rows):
        y = GRID_TOP + i * (CELL + GAP)
        scene.add(Text(16, y + CELL / 2 + 5, f"row {i}", 13, INK))
        add_row(scene, row, y, per_token)
    return scene


def phone_scene(array: Any, memory: list[int], per_token: int, title: str) -> Scene:
    """The same with smaller squares, and long rows in several lines."""
    scene = phone_title_scene(title)
    place = (PHONE_LEFT, PHONE_CELL, PHONE_GAP)
    for token in range(-(-array.size // per_token)):
        if token and token % 3 == 0:
            scene.height += 20
        x = 16 + token % 3 * 90
        scene.add(Rect(x, scene.height, 14, 14, tint(token), LINE))
        scene.add(Text(x + 20, scene.height + 12, f"token {token}", 12, MUTED))
    scene.height += 26
    rows = {"memory": memory}
    rows |= {f"row {i}": row for i, row in enumerate(np.atleast_2d(array).tolist())}
    for name, row in rows.items():
        scene.add(Text(16, scene.height + PHONE_CELL / 2 + 5, name, 11.5, INK))
        for start in range(0, len(row), PHONE_COLUMNS):
            add_row(scene, row[start : start + PHONE_COLUMNS], scene.height, per_token, *place)
            scene.height += PHONE_CELL + PHONE_GAP
        if name == "memory":
            scene.add(Rect(16, scene.height + 6, NARROW - 32, 1, FAINT))
            scene.height += 16
    scene.height += 10
    return scene


def add_row(
    scene: Scene,
    numbers: list[int],
    y: float,
    per_token: int,
    left: float = LEFT,
    cell: float = CELL,
    gap: float = GAP,
) -> None:
    for i, number in enumerate(numbers):
        x = left + i * (cell + gap)
        scene.add(Rect(x, y, cell, cell, tint(number // per_token), LINE, radius=4))
        scene.add(Text(x + cell / 2, y + cell / 2 + 5, str(number), 15, INK, "middle", mono=True))


def tint(token: int) -> str:
    """The colour of a token."""
    return TINTS[1 + token % (len(TINTS) - 1)]
