"""What shapes go through a torch module, seen in a real forward pass.

Modules report through their own hooks; what happens between them (view, transpose, matmul) through
PyTorch's own way of watching its functions. PyTorch is not imported: whoever has a module has
loaded it. Left out on purpose: values. Only shapes are kept, so a module on the device "meta" will
do, which has no numbers at all.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

TensorShape = tuple[int, ...]
PASS_THROUGH = {"Dropout", "Identity"}  # they hand on what they get
SHAPE_FUNCTIONS = {
    *("view", "reshape", "unflatten", "flatten", "transpose", "permute", "swapaxes", "split"),
    *("chunk", "unbind", "matmul", "bmm", "einsum", "scaled_dot_product_attention"),
}


@dataclass
class FunctionCall:
    """A function within a module that made another shape of what it got."""

    name: str
    shape: TensorShape

    def signature(self) -> tuple:
        return self.name, self.shape


@dataclass
class ModuleCall:
    """One call of one module: what came in, what went out, and what happened within, in order."""

    name: str  # within the part above it
    kind: str
    path: str = ""
    parameters: int = 0  # of the module and of what is in it, each once
    tied_to: str = ""  # the part before it to which some of them belong, too
    inputs: list[TensorShape] = field(default_factory=list)
    outputs: list[TensorShape] = field(default_factory=list)
    calls: list["ModuleCall | FunctionCall"] = field(default_factory=list)
    heads: tuple[int, int, int] | None = None  # H, T, D, where a sheet was cut into heads
    unused_parameters: dict[str, int] = field(
        default_factory=dict
    )  # parameters that no module was called for

    def signature(self) -> tuple:
        """Equal for parts that are the same but for their name and the numbers in them."""
        calls = tuple(call.signature() for call in self.calls)
        return self.kind, self.parameters, tuple(self.inputs), tuple(self.outputs), calls

    def has_head_split(self) -> bool:
        """Whether it, or a part of it, cuts a sheet into heads."""
        stack: list[ModuleCall] = [self]
        while stack:
            module_call = stack.pop()
            if module_call.heads:
                return True
            stack += [call for call in module_call.calls if isinstance(call, ModuleCall)]
        return False


class Recorder:
    """The tree of calls, while it grows."""

    def __init__(self, module):
        self.names = {id(child): name for name, child in module.named_modules()}
        self.root: ModuleCall | None = None
        self.open: list[ModuleCall] = []
        self.owner: dict[int, str] = {}  # parameter -> the module that was called with it first

    def on_enter(self, module, args, kwargs) -> None:
        path = self.names[id(module)]
        above = f"{self.open[-1].path}." if self.open and self.open[-1].path else ""
        name, kind = path.removeprefix(above), type(module).__name__
        module_call = ModuleCall(name, kind, path, inputs=shapes_in([args, kwargs]))
        parameters = {id(p): p.numel() for p in module.parameters()}
        module_call.parameters = sum(parameters.values())
        if self.root is None:
            self.root = module_call
        else:
            module_call.tied_to = next((self.owner[p] for p in parameters if p in self.owner), "")
        if self.open and module_call.kind not in PASS_THROUGH:
            self.open[-1].calls.append(module_call)
        if not any(True for _ in module.children()):
            self.owner |= {p: path for p in parameters if p not in self.owner}
        self.open.append(module_call)

    def on_exit(self, module, args, kwargs, output) -> None:
        module_call = self.open.pop()
        module_call.outputs = shapes_in([output])
        leaf = not any(True for _ in module.children())
        widest = max(
            (len(call.shape) for call in module_call.calls if isinstance(call, FunctionCall)),
            default=0,
        )
        if leaf and module_call.inputs and widest <= len(module_call.inputs[0]):
            module_call.calls = []  # how a matrix is multiplied is no news

    def on_function(
        self, name: str, input_shapes: list[TensorShape], output_shapes: list[TensorShape]
    ) -> None:
        """A function was called within the part that is open."""
        if not self.open or not input_shapes or not output_shapes or name not in SHAPE_FUNCTIONS:
            return
        module_call = self.open[-1]
        if name == "scaled_dot_product_attention":
            module_call.calls.append(
                FunctionCall(
                    "q @ k and softmax, never stored", (*input_shapes[0][:-1], input_shapes[1][-2])
                )
            )
            module_call.calls.append(FunctionCall("@ v", output_shapes[0]))
        elif output_shapes[0] != input_shapes[0] or "matmul" in name:
            module_call.calls.append(
                FunctionCall(
                    f"{name} into {len(output_shapes)}" if len(output_shapes) > 1 else name,
                    output_shapes[0],
                )
            )
        if module_call.heads is None and len(input_shapes[0]) == 4 and len(input_shapes) > 1:
            _, H, T, D = input_shapes[0]
            q_meets_k = name == "matmul" and input_shapes[1][-2] == D
            if q_meets_k or name == "scaled_dot_product_attention":
                module_call.heads = (H, T, D)


def trace_forward(module, example) -> ModuleCall:
    """One forward pass, as a tree. Raises ValueError for what is no torch module."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        raise ValueError(f"draw_shapes needs a torch module, not {module!r:.60}.")
    args, kwargs = split_arguments(example)
    recorder = Recorder(module)
    with ExitStack() as until_done:
        for child in module.modules():
            before = child.register_forward_pre_hook(recorder.on_enter, with_kwargs=True)
            after = child.register_forward_hook(recorder.on_exit, with_kwargs=True)
            until_done.callback(before.remove)
            until_done.callback(after.remove)
        until_done.enter_context(torch.no_grad())
        until_done.enter_context(torch.random.fork_rng(devices=[]))  # dropout must not use it up
        until_done.enter_context(functions_sent_to(torch, recorder))
        module(*args, **kwargs)
    root = recorder.root
    assert root is not None, "a module that was called has entered"
    known = recorder.owner
    root.unused_parameters = {
        name: p.numel() for name, p in module.named_parameters() if id(p) not in known
    }
    return root


def split_arguments(example) -> tuple[tuple, dict]:
    """A mapping is given by name, a tuple one by one, anything else alone."""
    if isinstance(example, Mapping):
        return (), dict(example)
    return (example if isinstance(example, tuple) else (example,)), {}


@contextmanager
def functions_sent_to(torch, recorder: Recorder) -> Iterator[None]:
    """PyTorch tells the recorder of every function that is called."""

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            output = function(*args, **(kwargs or {}))
            name = getattr(function, "__name__", "")
            if not name.startswith("__get__"):
                recorder.on_function(
                    name.strip("_"), shapes_in([args, kwargs or {}]), shapes_in([output])
                )
            return output

    with Watch():
        yield


def shapes_in(values) -> list[TensorShape]:
    """The shapes of all tensors in lists, tuples and mappings, in their order."""
    found: list[TensorShape] = []
    stack = list(reversed(values))
    while stack:
        value = stack.pop()
        if hasattr(value, "shape") and hasattr(value, "detach"):
            found.append(tuple(int(size) for size in value.shape))
        elif isinstance(value, Mapping):
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, (list, tuple)):
            stack.extend(reversed(value))
    return found
