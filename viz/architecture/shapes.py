"""The shapes that go through a model: every module a box that can be folded, from a real run.

Where a sheet is cut into heads, the strips are drawn. Modules that are the same again are drawn
once. The run itself is watched in `viz/architecture/forward_pass.py`. Left out on purpose: arrows.
What goes out of a box goes into the next one below it.
"""

from collections.abc import Mapping

from viz.architecture.forward_pass import FunctionCall, ModuleCall, trace_forward
from viz.architecture.shape_names import (
    DimNames,
    all_module_calls,
    first_head_split,
    fold_repeats,
    format_parameters,
    format_shape,
    head_split_scene,
    infer_dims,
)
from viz.architecture.shapes_page import shapes_html
from viz.canvas.palette import BLUE, INK, LINE, MUTED, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack

ROW, INDENT, WIDTH = 24.0, 20.0, 820.0
SHAPE_AT, COUNT_AT = 400.0, 800.0  # where the columns of the still begin and end
MAX_ROWS = 120


def draw_shapes(
    module, example_input, *, dims: Mapping[str, int] | None = None, title: str = "", ax=None
) -> Picture:
    """The shapes in a forward pass of any torch module, its parameters counted.

    `example_input` is what the module is called with: a tensor, a tuple of arguments, or a mapping
    of named ones. `dims` names sizes, {"B": 2, "T": 8}; unless given they are found where the
    module reads ids and splits heads. Sizes that differ are told apart best.
    Raises:  ValueError for what is no torch module.
    Example: import torch
             draw_shapes(torch.nn.Linear(3, 5), torch.zeros(2, 3))
    """
    root = trace_forward(module, example_input)
    known = {str(name): int(size) for name, size in (dims or infer_dims(root)).items()}
    names: DimNames = {}
    for dim, size in known.items():
        names[size] = "" if size in names else dim  # two letters for one size tell nothing
    output_text = format_shape(root.outputs[0], names)[0] if root.outputs else "nothing"
    input_text = format_shape(root.inputs[0], names)[0] if root.inputs else "nothing"
    title = (
        title or f"{root.kind}: {input_text} in, {output_text} out, {root.parameters:,} parameters"
    )
    scene = build_scene(root, names, title)
    picture = Picture(root, alt_text(root, title), scene)
    picture.html = shapes_html(root, names, title)
    return picture.draw_on(ax) if ax is not None else picture


def alt_text(root: ModuleCall, title: str) -> str:
    split_call = first_head_split(root)
    if split_call is None or split_call.heads is None:
        return f"{title}; {len(all_module_calls(root))} modules were called."
    H, T, D = split_call.heads
    return f"{title}; {H * D} numbers are cut into {H} heads of {D}, each with {T} x {T} weights."


def build_scene(root: ModuleCall, dims: DimNames, title: str) -> Scene:
    scene = Scene(max(WIDTH, 9.2 * len(title) + 32), 0)
    scene.add(Text(16, 25, title, 15, weight="600"))
    scene.add(Text(SHAPE_AT, 50, "comes out", 11, MUTED))
    y = 58.0
    stack: list[tuple[int, ModuleCall | FunctionCall, int]] = [(0, root, 1)]
    rows = 0
    while stack and rows < MAX_ROWS:
        depth, call, repeats = stack.pop()
        add_row(scene, call, repeats, 16 + INDENT * depth, y, dims)
        y, rows = y + ROW, rows + 1
        if isinstance(call, ModuleCall):
            for items, inner_repeats in reversed(fold_repeats(call.calls)):
                stack += [(depth + 1, item, inner_repeats) for item in reversed(items)]
    notes = [f"{len(stack):,} more boxes not drawn"] if stack else []
    notes += [
        f"{name}: {size:,} parameters, used without a call"
        for name, size in root.unused_parameters.items()
    ]
    for note in notes[:12]:
        scene.add(Text(16, y + 15, note, 12, MUTED))
        y += 20
    scene.height = y + 10
    split_call = first_head_split(root)
    return vstack(scene, head_split_scene(split_call)) if split_call else scene


def add_row(
    scene: Scene, call: ModuleCall | FunctionCall, repeats: int, x: float, y: float, dims: DimNames
) -> None:
    shape = (
        call.shape if isinstance(call, FunctionCall) else call.outputs[0] if call.outputs else ()
    )
    text, numbers = format_shape(shape, dims)
    repeat_text = f" × {repeats}" if repeats > 1 else ""
    if isinstance(call, FunctionCall):
        scene.add(Text(x + 8, y + 16, call.name + repeat_text, 12, MUTED, mono=True))
    else:
        box = Rect(x, y + 1, SHAPE_AT - 16 - x, ROW - 3, WHITE, LINE, radius=4)
        scene.add(box, Text(x + 8, y + 16, call.name or call.kind, 13, INK, weight="600"))
        left = x + 18 + 8.2 * len(call.name or call.kind)
        scene.add(Text(left, y + 16, (call.kind if call.name else "") + repeat_text, 12, MUTED))
        scene.add(Text(COUNT_AT, y + 16, format_parameters(call), 12, INK, "end"))
    colour = BLUE if isinstance(call, ModuleCall) else MUTED
    scene.add(Text(SHAPE_AT, y + 16, text, 13, colour, weight="600", mono=True))
    scene.add(Text(SHAPE_AT + 20 + 8 * len(text), y + 16, numbers, 12, MUTED))
