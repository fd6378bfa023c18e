"""A number that remembers how it was computed, so that gradients can flow back to its inputs.

Each operation makes a new `Value` that keeps its parents and one local gradient for each parent:
how much the result grows when that parent grows. `backward()` multiplies local gradients along a
path and adds where paths meet. There is nothing else in backpropagation.
Source: the chain rule; the class follows Andrej Karpathy's micrograd and microgpt, and calling
    backward twice behaves as in PyTorch.
"""

import math
import reprlib
from collections.abc import Sequence


class DivisionByZeroError(ValueError, ZeroDivisionError):
    """A division by zero: a ValueError, and also what Python itself would raise."""


class Value:
    """One number of a computation, its inputs, and its gradient.

    `grad` says how much the result of `backward` grows when this number grows by 1, for small
    growth.

    Args:
        data: The number; NumPy's and PyTorch's count.
        op: What made it: "+", "*", "tanh"; "" for an input.
        parents: The Values that it was computed from.
        local_grads: For each parent d(this) / d(parent).

    Raises:
        ValueError: If `data` is not one number.

    Example:
        >>> a = Value(2.0)
        >>> L = a * 3 + a
        >>> L.backward()
        >>> a.grad
        4.0
    """

    __slots__ = ("data", "grad", "local_grads", "op", "parents")

    def __init__(
        self,
        data: float,
        op: str = "",
        parents: "tuple[Value, ...]" = (),
        local_grads: Sequence[float] = (),
    ):
        self.data = data if parents or type(data) is float else to_float(data)
        self.grad = 0.0
        self.op = op
        self.parents = parents
        self.local_grads = local_grads

    def __add__(self, other: "Value | float") -> "Value":
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, "+", (self, other), (1.0, 1.0))

    def __sub__(self, other: "Value | float") -> "Value":
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data - other.data, "-", (self, other), (1.0, -1.0))

    def __mul__(self, other: "Value | float") -> "Value":
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, "*", (self, other), (other.data, self.data))

    def __truediv__(self, other: "Value | float") -> "Value":
        if not isinstance(other, Value):
            other = Value(other)
        if other.data == 0:
            raise DivisionByZeroError(
                f"{self.data} / {other.data}: a number cannot be divided by 0. "
                f"Add a small number below (RMSNorm adds 1e-5), or check what made it 0."
            )
        ratio = self.data / other.data
        return Value(ratio, "/", (self, other), (1 / other.data, -ratio / other.data))

    def __pow__(self, exponent: float) -> "Value":
        if isinstance(exponent, Value):
            raise ValueError(
                f"x ** {exponent!r}: the exponent must be a plain number, such as 2 or -0.5. "
                f"For an exponent with a gradient of its own write (x.log() * exponent).exp()."
            )
        x, n = self.data, to_float(exponent)
        if x == 0 and n < 0:
            raise DivisionByZeroError(
                f"{x} ** {n} divides by 0. Add a small number to the base first."
            )
        if x < 0 and not n.is_integer():
            raise ValueError(
                f"({x}) ** {n} is not a real number: a negative base needs an integer exponent. "
                f"Square the base first, or make sure that it cannot be negative."
            )
        try:
            y, local_grad = x**n, power_grad(x, n)
        except OverflowError:
            raise ValueError(
                f"{x} ** {n} is larger than any float (1.8e308). Use smaller numbers."
            ) from None
        return Value(y, f"**{n:g}", (self,), (local_grad,))

    def __neg__(self) -> "Value":
        return Value(-self.data, "neg", (self,), (-1.0,))

    def exp(self) -> "Value":
        """e to the power of this number; its derivative is the result itself."""
        try:
            y = math.exp(self.data)
        except OverflowError:
            raise ValueError(
                f"exp({self.data}) is larger than any float; exp(709) is about the largest. "
                f"In a softmax, subtract the largest logit from all of them first."
            ) from None
        return Value(y, "exp", (self,), (y,))

    def log(self) -> "Value":
        """Natural logarithm, with derivative 1 / x; ValueError unless x is above 0."""
        return Value(natural_log(self.data), "log", (self,), (1 / self.data,))

    def relu(self) -> "Value":
        """The number itself above 0, otherwise 0; its derivative at 0 is 0."""
        x = self.data  # NaN stays NaN: as 0 it would be found much later
        return Value(0.0 if x <= 0 else x, "relu", (self,), (1.0 if x > 0 else 0.0,))

    def tanh(self) -> "Value":
        """Squeeze into -1 to 1; its derivative is 1 - output squared."""
        y = math.tanh(self.data)
        return Value(y, "tanh", (self,), (1 - y * y,))

    def __radd__(self, other: float) -> "Value":  # other + self
        return Value(other) + self

    def __rsub__(self, other: float) -> "Value":  # other - self
        return Value(other) - self

    def __rmul__(self, other: float) -> "Value":  # other * self
        return Value(other) * self

    def __rtruediv__(self, other: float) -> "Value":  # other / self
        return Value(other) / self

    def __rpow__(self, base: float) -> "Value":  # base ** self
        base = to_float(base)
        if base <= 0:
            raise ValueError(
                f"{base} ** x: the base must be above 0, because log(base) is in the gradient."
            )
        return (self * math.log(base)).exp()

    def backward(self) -> None:
        """Compute the gradient of this number for all numbers that it was computed from.

        Gradients of inputs add up over several calls, as in PyTorch: set them to 0 between steps.
        Gradients of results in between are computed again by each call.
        """
        order = topological_order(self)
        for node in order:
            node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):  # the gradient of a node is complete before it is passed on
            grad = node.grad
            for parent, local_grad in zip(node.parents, node.local_grads):
                # Trap: `=` instead of `+=` keeps only the last path.
                parent.grad += local_grad * grad

    def __repr__(self) -> str:
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"


def natural_log(x: float) -> float:
    """`math.log` with a helpful error.

    Args:
        x: Above 0.

    Raises:
        ValueError: If `x` is 0 or below.
    """
    if x <= 0:
        raise ValueError(
            f"log({x}): a logarithm needs a number above 0. "
            f"A probability that came out as 0 usually means logits too far apart."
        )
    return math.log(x)


def to_float(given: object) -> float:
    """One number as a float; NumPy's and PyTorch's count, strings do not."""
    if not isinstance(given, (str, bytes, Value)) and hasattr(given, "__float__"):
        try:
            return float(given)
        except (TypeError, ValueError, RuntimeError, OverflowError):
            pass  # an array of several numbers, or an integer larger than any float
    advice = "Make a Value of each number in it, or pick one."
    if isinstance(given, Value):
        advice = "It is a Value already; use it as it is, or take its .data."
    elif isinstance(given, (str, bytes)):
        advice = "Write the number without quotes, or turn it into one with float(...)."
    raise ValueError(
        f"A Value holds one number, not {reprlib.repr(given)} (a {type(given).__name__}). {advice}"
    )


def power_grad(x: float, n: float) -> float:
    """d(x ** n) / dx = n * x ** (n - 1), and its limit at x = 0."""
    if n == 0:
        return 0.0
    if x == 0 and n < 1:
        return math.inf  # a root is vertical at 0
    try:
        return float(n * x ** (n - 1))
    except OverflowError:  # the power itself may still be a float
        falls = (n < 0) != (x < 0 and (n - 1) % 2 == 1)
        return -math.inf if falls else math.inf


def topological_order(root: Value) -> list[Value]:
    """All results that `root` was computed from, each one after its parents, without inputs."""
    order: list[Value] = []
    seen: set[Value] = set()
    # A stack instead of recursion: a chain of 100,000 additions is deeper than Python's limit.
    stack: list[Value | None] = [root] if root.parents else []
    while stack:
        node = stack.pop()
        if node is None:  # all parents of the node below are done
            order.append(stack.pop())  # type: ignore[arg-type]  # below each None is a node
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += [p for p in node.parents if p.parents and p not in seen]
    return order
