"""The shapes that go through a model: every module a box that can be folded, from a real run.

Where a sheet is cut into heads, the strips are drawn. Modules that are the same again are drawn
once. The run itself is watched in `viz/architecture/forward_pass.py`. Left out on purpose: arrows.
What goes out of a box goes into the next one below it.
"""

from collections.abc import Mapping

from viz.architecture.forward_pass import Part, Step, record
from viz.architecture.shape_names import (
    Letters,
    count_text,
    first_cut,
    fold,
    found_letters,
    parts_of,
    shape_text,
    split_of,
)
from viz.architecture.shapes_page import page_of
from viz.canvas.palette import BLUE, INK, LINE, MUTED, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack

ROW, INDENT, WIDTH = 24.0, 20.0, 820.0
SHAPE_AT, COUNT_AT = 400.0, 800.0  # where the columns of the still begin and end
MOST_ROWS = 120


def draw_shapes(
    module, example_input, *, letters: Mapping[str, int] | None = None, title: str = "", ax=None
) -> Picture:
    """The shapes in a forward pass of any torch module, its parameters counted.

    `example_input` is what the module is called with: a tensor, a tuple of arguments, or a mapping
    of named ones. `letters` names sizes, {"B": 2, "T": 8}; unless given they are found where the
    module reads ids and splits heads. Sizes that differ are told apart best.
    Raises:  ValueError for what is no torch module.
    Example: import torch
             draw_shapes(torch.nn.Linear(3, 5), torch.zeros(2, 3))
    """
    root = record(module, example_input)
    known = {str(name): int(size) for name, size in (letters or found_letters(root)).items()}
    names: Letters = {}
    for letter, size in known.items():
        names[size] = "" if size in names else letter  # two letters for one size tell nothing
    went = shape_text(root.went[0], names)[0] if root.went else "nothing"
    came = shape_text(root.came[0], names)[0] if root.came else "nothing"
    title = title or f"{root.kind}: {came} in, {went} out, {root.parameters:,} parameters"
    scene = still_of(root, names, title)
    picture = Picture(root, describe(root, title), scene)
    picture.html = page_of(root, names, title)
    return picture.draw_on(ax) if ax is not None else picture


def describe(root: Part, title: str) -> str:
    cut = first_cut(root)
    if cut is None or cut.heads is None:
        return f"{title}; {len(parts_of(root))} modules were called."
    H, T, D = cut.heads
    return f"{title}; {H * D} numbers are cut into {H} heads of {D}, each with {T} x {T} weights."


def still_of(root: Part, letters: Letters, title: str) -> Scene:
    scene = Scene(max(WIDTH, 9.2 * len(title) + 32), 0)
    scene.add(Text(16, 25, title, 15, weight="600"))
    scene.add(Text(SHAPE_AT, 50, "comes out", 11, MUTED))
    y = 58.0
    stack: list[tuple[int, Part | Step, int]] = [(0, root, 1)]
    rows = 0
    while stack and rows < MOST_ROWS:
        depth, one, times = stack.pop()
        add_row(scene, one, times, 16 + INDENT * depth, y, letters)
        y, rows = y + ROW, rows + 1
        if isinstance(one, Part):
            for items, again in reversed(fold(one.within)):
                stack += [(depth + 1, item, again) for item in reversed(items)]
    notes = [f"{len(stack):,} more boxes not drawn"] if stack else []
    notes += [
        f"{name}: {size:,} parameters, used without a call" for name, size in root.aside.items()
    ]
    for note in notes[:12]:
        scene.add(Text(16, y + 15, note, 12, MUTED))
        y += 20
    scene.height = y + 10
    cut = first_cut(root)
    return vstack(scene, split_of(cut)) if cut else scene


def add_row(
    scene: Scene, one: Part | Step, times: int, x: float, y: float, letters: Letters
) -> None:
    shape = one.shape if isinstance(one, Step) else one.went[0] if one.went else ()
    text, numbers = shape_text(shape, letters)
    again = f" × {times}" if times > 1 else ""
    if isinstance(one, Step):
        scene.add(Text(x + 8, y + 16, one.name + again, 12, MUTED, mono=True))
    else:
        box = Rect(x, y + 1, SHAPE_AT - 16 - x, ROW - 3, WHITE, LINE, radius=4)
        scene.add(box, Text(x + 8, y + 16, one.name or one.kind, 13, INK, weight="600"))
        left = x + 18 + 8.2 * len(one.name or one.kind)
        scene.add(Text(left, y + 16, (one.kind if one.name else "") + again, 12, MUTED))
        scene.add(Text(COUNT_AT, y + 16, count_text(one), 12, INK, "end"))
    colour = BLUE if isinstance(one, Part) else MUTED
    scene.add(Text(SHAPE_AT, y + 16, text, 13, colour, weight="600", mono=True))
    scene.add(Text(SHAPE_AT + 20 + 8 * len(text), y + 16, numbers, 12, MUTED))
