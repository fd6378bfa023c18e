"""What the shapes of a run are called, and which boxes of it are the same again."""

from viz.architecture.forward_pass import FunctionCall, ModuleCall, TensorShape
from viz.architecture.head_split import draw_head_split
from viz.canvas.scene import Scene

DimNames = dict[int, str]
RepeatedCalls = list[
    tuple[list[ModuleCall | FunctionCall], int]
]  # what stands there, and how often one after the other


def infer_dims(root: ModuleCall) -> dict[str, int]:
    """B, T, C, H, D and V, as far as the run shows them."""
    found: dict[str, int] = {}
    split_call = first_head_split(root)
    activations = [
        shape
        for module_call in all_module_calls(root)[1:]
        for shape in module_call.outputs
        if len(shape) == 3
    ]
    if not activations or not root.inputs or len(root.inputs[0]) < 2:
        return found
    found |= {"B": root.inputs[0][0], "T": root.inputs[0][1], "C": activations[0][-1]}
    if split_call and split_call.heads:
        found |= {"H": split_call.heads[0], "D": split_call.heads[2]}
    if root.outputs and len(root.outputs[0]) == 3 and root.outputs[0][-1] != found["C"]:
        found["V"] = root.outputs[0][-1]
    return found


def all_module_calls(root: ModuleCall) -> list[ModuleCall]:
    """All parts, in the order in which they were called."""
    ordered, stack = [], [root]
    while stack:
        module_call = stack.pop()
        ordered.append(module_call)
        stack += [call for call in reversed(module_call.calls) if isinstance(call, ModuleCall)]
    return ordered


def first_head_split(root: ModuleCall) -> ModuleCall | None:
    return next((module_call for module_call in all_module_calls(root) if module_call.heads), None)


def fold_repeats(items: list[ModuleCall | FunctionCall], longest: int = 3) -> RepeatedCalls:
    """Neighbours that look the same, alone or in small groups, once and how often."""
    signatures = [item.signature() for item in items]
    groups: RepeatedCalls = []
    k = 0
    while k < len(items):
        for n in range(1, longest + 1):
            repeats = 1
            while signatures[k : k + n] == signatures[k + n * repeats : k + n * (repeats + 1)]:
                repeats += 1
            if repeats > 1:
                break
        else:
            n, repeats = 1, 1
        groups.append((items[k : k + n], repeats))
        k += n * repeats
    return groups


def format_shape(shape: TensorShape, dims: DimNames) -> tuple[str, str]:
    """(2, 8, 96) -> ("(B, T, 3C)", "2 × 8 × 96"); without letters the numbers alone."""
    width = next((size for size, dim in dims.items() if dim == "C"), 0)
    parts = []
    for size in shape:
        if dims.get(size):
            parts.append(dims[size])
        elif width and size % width == 0 and 1 < size // width <= 4:
            parts.append(f"{size // width}C")
        else:
            parts.append(str(size))
    numbers = " × ".join(map(str, shape)) or "one number"
    text = f"({', '.join(parts)})"
    return (text, numbers) if any(word[-1].isalpha() for word in parts) else (numbers, "")


def format_parameters(module_call: ModuleCall) -> str:
    if not module_call.parameters:
        return ""
    noun = "parameter" if module_call.parameters == 1 else "parameters"
    return f"{module_call.parameters:,} {noun}" + (
        f", those of {module_call.tied_to}" if module_call.tied_to else ""
    )


def head_split_scene(module_call: ModuleCall) -> Scene:
    """The sheet that this part cuts into strips."""
    assert module_call.heads is not None, "asked only where heads were found"
    H, T, D = module_call.heads
    scene = draw_head_split(H * D, H, tokens=T).scene
    assert scene is not None, "a split is made of shapes"
    return scene
