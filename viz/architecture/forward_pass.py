"""The shapes of a real forward pass of a torch module.

Modules report through forward hooks, functions between them (view, transpose, matmul) through a
`TorchFunctionMode`. PyTorch is not imported here: a caller with a module has
imported it. Only shapes are kept, so a module on the device "meta" works, too.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch.nn import Module

TensorShape = tuple[int, ...]
Signature = tuple[Any, ...]  # of a call: nested, to compare and to hash
PASS_THROUGH = {"Dropout", "Identity"}  # their output has the shape of their input
SHAPE_FUNCTIONS = {
    *("view", "reshape", "unflatten", "flatten", "transpose", "permute", "swapaxes", "split"),
    *("chunk", "unbind", "matmul", "bmm", "einsum", "scaled_dot_product_attention"),
}


@dataclass
class FunctionCall:
    """A function called within a module, whose output has another shape than its input.

    Attributes:
        name: Name of the function.
        shape: Shape of its first output.
    """

    name: str
    shape: TensorShape

    def signature(self) -> Signature:
        return self.name, self.shape


@dataclass
class ModuleCall:
    """One call of one module.

    Attributes:
        name: Name relative to the module that calls it.
        kind: Name of its class.
        path: Name as in `named_modules()`.
        parameters: Parameters of the module and its children, each counted once.
        tied_to: Path of an earlier module that shares some of them.
        inputs: Shapes of all tensors among the arguments.
        outputs: Shapes of all tensors that are returned.
        calls: The calls within it, in order.
        heads: H, T, D where attention splits into heads.
        direct_parameters: Names and sizes of parameters that no called module owns.
    """

    name: str
    kind: str
    path: str = ""
    parameters: int = 0
    tied_to: str = ""
    inputs: list[TensorShape] = field(default_factory=list)
    outputs: list[TensorShape] = field(default_factory=list)
    calls: list["Call"] = field(default_factory=list)
    heads: tuple[int, int, int] | None = None
    direct_parameters: dict[str, int] = field(default_factory=dict)

    def signature(self) -> Signature:
        """Equal for calls that differ only in their names and in the values of their parameters."""
        calls = tuple(inner.signature() for inner in self.calls)
        return self.kind, self.parameters, tuple(self.inputs), tuple(self.outputs), calls

    def has_head_split(self) -> bool:
        """Whether this call, or a call within it, splits its input into heads."""
        stack: list[ModuleCall] = [self]
        while stack:
            call = stack.pop()
            if call.heads:
                return True
            stack += [inner for inner in call.calls if isinstance(inner, ModuleCall)]
        return False


Call = ModuleCall | FunctionCall


class Recorder:
    """Builds the tree of calls during the forward pass."""

    def __init__(self, module: "Module"):
        self.names = {id(child): name for name, child in module.named_modules()}
        self.root: ModuleCall | None = None
        self.open: list[ModuleCall] = []
        self.owner: dict[
            int, str
        ] = {}  # id of a parameter -> the first module that was called with it

    def on_enter(
        self, module: "Module", args: tuple[object, ...], kwargs: dict[str, object]
    ) -> None:
        path = self.names[id(module)]
        above = f"{self.open[-1].path}." if self.open and self.open[-1].path else ""
        name, kind = path.removeprefix(above), type(module).__name__
        call = ModuleCall(name, kind, path, inputs=shapes_in([args, kwargs]))
        parameters = {id(p): p.numel() for p in module.parameters()}
        call.parameters = sum(parameters.values())
        if self.root is None:
            self.root = call
        else:
            call.tied_to = next((self.owner[p] for p in parameters if p in self.owner), "")
        if self.open and call.kind not in PASS_THROUGH:
            self.open[-1].calls.append(call)
        if not any(True for _ in module.children()):
            self.owner |= {p: path for p in parameters if p not in self.owner}
        self.open.append(call)

    def on_exit(self, module: "Module", args: object, kwargs: object, output: object) -> None:
        call = self.open.pop()
        call.outputs = shapes_in([output])
        leaf = not any(True for _ in module.children())
        widest = max(
            (len(inner.shape) for inner in call.calls if isinstance(inner, FunctionCall)),
            default=0,
        )
        if leaf and call.inputs and widest <= len(call.inputs[0]):
            call.calls = []  # how a layer multiplies its matrix is not shown

    def on_function(
        self, name: str, input_shapes: list[TensorShape], output_shapes: list[TensorShape]
    ) -> None:
        """Record a function that was called within the module that is running."""
        if not self.open or not input_shapes or not output_shapes or name not in SHAPE_FUNCTIONS:
            return
        call = self.open[-1]
        if name == "scaled_dot_product_attention":
            scores = (*input_shapes[0][:-1], input_shapes[1][-2])
            call.calls.append(FunctionCall("q @ k and softmax, never stored", scores))
            call.calls.append(FunctionCall("@ v", output_shapes[0]))
        elif output_shapes[0] != input_shapes[0] or "matmul" in name:
            split = f" into {len(output_shapes)}" if len(output_shapes) > 1 else ""
            call.calls.append(FunctionCall(name + split, output_shapes[0]))
        if call.heads is None and len(input_shapes[0]) == 4 and len(input_shapes) > 1:
            _, H, T, D = input_shapes[0]
            q_meets_k = name == "matmul" and input_shapes[1][-2] == D
            if q_meets_k or name == "scaled_dot_product_attention":
                call.heads = (H, T, D)


def trace_forward(module: "Module", example: object) -> ModuleCall:
    """Run one forward pass and return the tree of its calls.

    Args:
        module: A `torch.nn.Module`.
        example: A tensor, a tuple of positional arguments, or a mapping of keyword arguments.

    Raises:
        ValueError: If `module` is not a torch module.
    """
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
        until_done.enter_context(
            torch.random.fork_rng(devices=[])
        )  # dropout must not change the caller's random state
        until_done.enter_context(functions_sent_to(torch, recorder))
        module(*args, **kwargs)
    root = recorder.root
    assert root is not None, "the hook of the outermost module ran"
    known = recorder.owner
    root.direct_parameters = {
        name: p.numel() for name, p in module.named_parameters() if id(p) not in known
    }
    return root


def split_arguments(example: object) -> tuple[tuple[object, ...], dict[str, object]]:
    """Positional and keyword arguments: a mapping is passed by name, a tuple by position."""
    if isinstance(example, Mapping):
        return (), dict(example)
    return (example if isinstance(example, tuple) else (example,)), {}


@contextmanager
def functions_sent_to(torch: Any, recorder: Recorder) -> Iterator[None]:
    """While this is open, the recorder sees every function of PyTorch that is called."""

    class Watch(torch.overrides.TorchFunctionMode):  # type: ignore[misc]  # known once torch is loaded
        def __torch_function__(
            self,
            function: Callable[..., object],
            types: object,
            args: tuple[object, ...] = (),
            kwargs: dict[str, object] | None = None,
        ) -> object:
            output = function(*args, **(kwargs or {}))
            name = getattr(function, "__name__", "")
            if not name.startswith("__get__"):
                recorder.on_function(
                    name.strip("_"), shapes_in([args, kwargs or {}]), shapes_in([output])
                )
            return output

    with Watch():
        yield


def shapes_in(values: Iterable[object]) -> list[TensorShape]:
    """The shapes of all tensors in nested lists, tuples and mappings, in order."""
    found: list[TensorShape] = []
    stack = list(values)[::-1]
    while stack:
        value = stack.pop()
        if hasattr(value, "shape") and hasattr(value, "detach"):
            found.append(tuple(int(size) for size in value.shape))
        elif isinstance(value, Mapping):
            stack.extend(reversed(list(value.values())))
        elif isinstance(value, (list, tuple)):
            stack.extend(reversed(value))
    return found
