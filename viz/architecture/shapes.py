"""The shapes in a forward pass of a model: each module a box that can be folded.

Where attention splits its input into heads, the split is drawn. Repeated modules are drawn once.
The forward pass is recorded in `viz/architecture/forward_pass.py`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from viz.architecture.forward_pass import Call, ModuleCall, trace_forward
from viz.architecture.shape_names import (
    DimNames,
    all_module_calls,
    first_head_split,
    fold_repeats,
    format_parameters,
    format_shape,
    head_split_of,
    infer_dims,
)
from viz.architecture.shapes_page import shapes_html
from viz.canvas.labels import title_width
from viz.canvas.palette import BLUE, INK, LINE, MUTED, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from torch.nn import Module

ROW, INDENT, WIDTH = 24.0, 20.0, 820.0
SHAPE_AT, COUNT_AT = 400.0, 800.0  # left end of the shapes, right end of the counts
MAX_ROWS = 120


def draw_shapes(
    module: "Module",
    example_input: object,
    *,
    dims: Mapping[str, int] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the shapes and parameter counts in one forward pass of a torch module.

    Args:
        module: Any `torch.nn.Module`, on any device, also "meta".
        example_input: A tensor, a tuple of positional arguments, or a mapping of keyword arguments.
        dims: Names of sizes, {"B": 2, "T": 8}. None infers B, T, C, H, D and V where the module
            reads ids and splits heads. Sizes should differ: a size with two names gets none.
        title: Title of the picture, instead of the shapes of input and output.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the tree of calls in `.data`; or `ax`, if given.

    Raises:
        ValueError: If `module` is not a torch module.

    Example:
        >>> import torch
        >>> draw_shapes(torch.nn.Linear(3, 5), torch.zeros(2, 3))
        Picture: Linear: 2 × 3 in, 2 × 5 out, 20 parameters; 1 module was called.
    """
    root = trace_forward(module, example_input)
    known = {str(name): int(size) for name, size in (dims or infer_dims(root)).items()}
    names: DimNames = {}
    for dim, size in known.items():
        names[size] = "" if size in names else dim  # with two names it is ambiguous
    shape_in, shape_out = (
        format_shape(shapes[0], names)[0] if shapes else "nothing"
        for shapes in (root.inputs, root.outputs)
    )
    title = title or f"{root.kind}: {shape_in} in, {shape_out} out, {root.parameters:,} parameters"
    scene = build_scene(root, names, title)
    picture = Picture(root, alt_text(root, title), scene)
    picture.html = shapes_html(root, names, title)
    return picture.draw_on(ax) if ax is not None else picture


def alt_text(root: ModuleCall, title: str) -> str:
    split_call = first_head_split(root)
    if split_call is None or split_call.heads is None:
        called = len(all_module_calls(root))
        return f"{title}; {called} module{'s were' if called > 1 else ' was'} called."
    H, T, D = split_call.heads
    return f"{title}; {H * D} numbers are cut into {H} heads of {D}, each with {T} x {T} weights."


def build_scene(root: ModuleCall, dims: DimNames, title: str) -> Scene:
    scene = Scene(max(WIDTH, title_width(title)), 0)
    scene.add(Text(16, 25, title, 15, weight="600"))
    scene.add(Text(SHAPE_AT, 50, "comes out", 11, MUTED))
    y = 58.0
    stack: list[tuple[int, Call, int]] = [(0, root, 1)]
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
        for name, size in root.direct_parameters.items()
    ]
    for note in notes[:12]:
        scene.add(Text(16, y + 15, note, 12, MUTED))
        y += 20
    scene.height = y + 10
    split_call = first_head_split(root)
    heads = head_split_of(split_call).scene if split_call else None
    return vstack(scene, heads) if heads else scene


def add_row(scene: Scene, call: Call, repeats: int, x: float, y: float, dims: DimNames) -> None:
    shapes = call.outputs if isinstance(call, ModuleCall) else [call.shape]
    text, numbers = format_shape(shapes[0] if shapes else (), dims)
    repeat_text = f" × {repeats}" if repeats > 1 else ""
    if not isinstance(call, ModuleCall):
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
