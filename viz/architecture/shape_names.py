"""Names for the sizes in a forward pass, and which neighbouring calls repeat."""

from viz.architecture.forward_pass import Call, ModuleCall, TensorShape
from viz.architecture.head_split import draw_head_split
from viz.canvas.picture import Picture

DimNames = dict[int, str]
RepeatedCalls = list[tuple[list[Call], int]]  # a group of calls, and how often it repeats


def infer_dims(root: ModuleCall) -> dict[str, int]:
    """The sizes B, T, C, H, D and V, as far as the forward pass shows them."""
    found: dict[str, int] = {}
    split_call = first_head_split(root)
    activations = [
        shape for call in all_module_calls(root)[1:] for shape in call.outputs if len(shape) == 3
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
    """All calls of modules, in the order of the forward pass."""
    ordered, stack = [], [root]
    while stack:
        call = stack.pop()
        ordered.append(call)
        stack += [inner for inner in reversed(call.calls) if isinstance(inner, ModuleCall)]
    return ordered


def first_head_split(root: ModuleCall) -> ModuleCall | None:
    return next((call for call in all_module_calls(root) if call.heads), None)


def fold_repeats(items: list[Call], longest: int = 3) -> RepeatedCalls:
    """Groups of at most `longest` neighbouring calls, each with how often it repeats in a row."""
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
    """(2, 8, 96) -> ("(B, T, 3C)", "2 × 8 × 96"); without names the numbers alone."""
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
    return (text, numbers) if any(part[-1].isalpha() for part in parts) else (numbers, "")


def format_parameters(call: ModuleCall) -> str:
    if not call.parameters:
        return ""
    noun = "parameter" if call.parameters == 1 else "parameters"
    return f"{call.parameters:,} {noun}" + (f", those of {call.tied_to}" if call.tied_to else "")


def head_split_of(call: ModuleCall) -> Picture:
    """The picture of the head split of this call."""
    assert call.heads is not None, "called only where heads were found"
    H, T, D = call.heads
    return draw_head_split(H * D, H, tokens=T)
