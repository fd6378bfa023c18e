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

Shape = tuple[int, ...]
SILENT = {"Dropout", "Identity"}  # they hand on what they get
SHAPING = {
    *("view", "reshape", "unflatten", "flatten", "transpose", "permute", "swapaxes", "split"),
    *("chunk", "unbind", "matmul", "bmm", "einsum", "scaled_dot_product_attention"),
}


@dataclass
class Step:
    """A function within a module that made another shape of what it got."""

    name: str
    shape: Shape

    def looks(self) -> tuple:
        return self.name, self.shape


@dataclass
class Part:
    """One call of one module: what came in, what went out, and what happened within, in order."""

    name: str  # within the part above it
    kind: str
    path: str = ""
    parameters: int = 0  # of the module and of what is in it, each once
    shared: str = ""  # the part before it to which some of them belong, too
    came: list[Shape] = field(default_factory=list)
    went: list[Shape] = field(default_factory=list)
    within: list["Part | Step"] = field(default_factory=list)
    heads: tuple[int, int, int] | None = None  # H, T, D, where a sheet was cut into heads
    aside: dict[str, int] = field(default_factory=dict)  # parameters that no module was called for

    def looks(self) -> tuple:
        """Equal for parts that are the same but for their name and the numbers in them."""
        within = tuple(one.looks() for one in self.within)
        return self.kind, self.parameters, tuple(self.came), tuple(self.went), within

    def splits(self) -> bool:
        """Whether it, or a part of it, cuts a sheet into heads."""
        stack: list[Part] = [self]
        while stack:
            part = stack.pop()
            if part.heads:
                return True
            stack += [one for one in part.within if isinstance(one, Part)]
        return False


class Recorder:
    """The tree of calls, while it grows."""

    def __init__(self, module):
        self.names = {id(child): name for name, child in module.named_modules()}
        self.root: Part | None = None
        self.open: list[Part] = []
        self.owner: dict[int, str] = {}  # parameter -> the module that was called with it first

    def enter(self, module, given, named) -> None:
        path = self.names[id(module)]
        above = f"{self.open[-1].path}." if self.open and self.open[-1].path else ""
        name, kind = path.removeprefix(above), type(module).__name__
        part = Part(name, kind, path, came=shapes_in([given, named]))
        parameters = {id(p): p.numel() for p in module.parameters()}
        part.parameters = sum(parameters.values())
        if self.root is None:
            self.root = part
        else:
            part.shared = next((self.owner[p] for p in parameters if p in self.owner), "")
        if self.open and part.kind not in SILENT:
            self.open[-1].within.append(part)
        if not any(True for _ in module.children()):
            self.owner |= {p: path for p in parameters if p not in self.owner}
        self.open.append(part)

    def leave(self, module, given, named, answer) -> None:
        part = self.open.pop()
        part.went = shapes_in([answer])
        leaf = not any(True for _ in module.children())
        widest = max((len(one.shape) for one in part.within if isinstance(one, Step)), default=0)
        if leaf and part.came and widest <= len(part.came[0]):
            part.within = []  # how a matrix is multiplied is no news

    def watch(self, name: str, given: list[Shape], went: list[Shape]) -> None:
        """A function was called within the part that is open."""
        if not self.open or not given or not went or name not in SHAPING:
            return
        part = self.open[-1]
        if name == "scaled_dot_product_attention":
            part.within.append(
                Step("q @ k and softmax, never stored", (*given[0][:-1], given[1][-2]))
            )
            part.within.append(Step("@ v", went[0]))
        elif went[0] != given[0] or "matmul" in name:
            part.within.append(Step(f"{name} into {len(went)}" if len(went) > 1 else name, went[0]))
        if part.heads is None and len(given[0]) == 4 and len(given) > 1:
            _, H, T, D = given[0]
            q_meets_k = name == "matmul" and given[1][-2] == D
            if q_meets_k or name == "scaled_dot_product_attention":
                part.heads = (H, T, D)


def record(module, example) -> Part:
    """One forward pass, as a tree. Raises ValueError for what is no torch module."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(module, torch.nn.Module):
        raise ValueError(f"draw_shapes needs a torch module, not {module!r:.60}.")
    args, named = arguments(example)
    recorder = Recorder(module)
    with ExitStack() as until_done:
        for child in module.modules():
            before = child.register_forward_pre_hook(recorder.enter, with_kwargs=True)
            after = child.register_forward_hook(recorder.leave, with_kwargs=True)
            until_done.callback(before.remove)
            until_done.callback(after.remove)
        until_done.enter_context(torch.no_grad())
        until_done.enter_context(torch.random.fork_rng(devices=[]))  # dropout must not use it up
        until_done.enter_context(watching(torch, recorder))
        module(*args, **named)
    root = recorder.root
    assert root is not None, "a module that was called has entered"
    known = recorder.owner
    root.aside = {name: p.numel() for name, p in module.named_parameters() if id(p) not in known}
    return root


def arguments(example) -> tuple[tuple, dict]:
    """A mapping is given by name, a tuple one by one, anything else alone."""
    if isinstance(example, Mapping):
        return (), dict(example)
    return (example if isinstance(example, tuple) else (example,)), {}


@contextmanager
def watching(torch, recorder: Recorder) -> Iterator[None]:
    """PyTorch tells the recorder of every function that is called."""

    class Watch(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            answer = function(*args, **(kwargs or {}))
            name = getattr(function, "__name__", "")
            if not name.startswith("__get__"):
                recorder.watch(
                    name.strip("_"), shapes_in([args, kwargs or {}]), shapes_in([answer])
                )
            return answer

    with Watch():
        yield


def shapes_in(given) -> list[Shape]:
    """The shapes of all tensors in lists, tuples and mappings, in their order."""
    found: list[Shape] = []
    stack = list(reversed(given))
    while stack:
        one = stack.pop()
        if hasattr(one, "shape") and hasattr(one, "detach"):
            found.append(tuple(int(size) for size in one.shape))
        elif isinstance(one, Mapping):
            stack.extend(reversed(list(one.values())))
        elif isinstance(one, (list, tuple)):
            stack.extend(reversed(one))
    return found
