"""A number that remembers what made it, so that blame can flow back to where it began.

Each operation makes a new `Value` that keeps its parents and one slope for each parent: how much
the result grows when that parent grows. `backward()` multiplies slopes along a path and adds
where paths meet. There is nothing else in backpropagation.

Left out on purpose: arrays. One `Value` is one number; lesson 7 does the same with millions at
    once.
Source: the chain rule; the form of the class follows Andrej Karpathy's micrograd and microgpt, and
backward called twice behaves as in PyTorch.
"""

import math
import reprlib


class DivisionByZeroError(ValueError, ZeroDivisionError):
    """A division by zero: a ValueError, and also what Python itself would raise."""


class Value:
    """One number of a computation: what it is, what made it, and what it is to blame for.

    Units:   `grad` counts how much the result grows when this number grows by 1 (for small growth).
    Raises:  ValueError if it is given something other than one number.
    Example: a = Value(2.0); L = a * 3 + a; L.backward(); a.grad -> 4.0
    """

    __slots__ = ("data", "grad", "local_grads", "op", "parents")

    def __init__(self, data, op="", parents=(), local_grads=()):
        self.data = data if parents or type(data) is float else to_float(data)
        self.grad = 0.0
        self.op = op  # "+", "*", "tanh"; "" for a number that was typed in
        self.parents = parents  # the Values that it was made of
        self.local_grads = local_grads  # how much it grows with each of them: d(this) / d(parent)

    def __add__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data + other.data, "+", (self, other), (1.0, 1.0))

    def __sub__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data - other.data, "-", (self, other), (1.0, -1.0))

    def __mul__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        return Value(self.data * other.data, "*", (self, other), (other.data, self.data))

    def __truediv__(self, other):
        if not isinstance(other, Value):
            other = Value(other)
        if other.data == 0:
            raise DivisionByZeroError(
                f"{self.data} / {other.data}: a number cannot be divided by 0. "
                f"Add a small number below (RMSNorm adds 1e-5), or check what made it 0."
            )
        ratio = self.data / other.data
        return Value(ratio, "/", (self, other), (1 / other.data, -ratio / other.data))

    def __pow__(self, exponent):
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
                f"({x}) ** {n} is not a real number: a negative base needs a whole exponent. "
                f"Square the base first, or make sure that it cannot be negative."
            )
        try:
            y, slope = x**n, power_grad(x, n)
        except OverflowError:
            raise ValueError(
                f"{x} ** {n} is larger than any float (1.8e308). Use smaller numbers."
            ) from None
        return Value(y, f"**{n:g}", (self,), (slope,))

    def __neg__(self):
        return Value(-self.data, "neg", (self,), (-1.0,))

    def exp(self):
        """e to the power of this number; its slope is itself."""
        try:
            y = math.exp(self.data)
        except OverflowError:
            raise ValueError(
                f"exp({self.data}) is larger than any float; exp(709) is about the largest. "
                f"In a softmax, subtract the largest logit from all of them first."
            ) from None
        return Value(y, "exp", (self,), (y,))

    def log(self):
        """Natural logarithm; its slope is 1 / x. Raises ValueError unless x is above 0."""
        return Value(natural_log(self.data), "log", (self,), (1 / self.data,))

    def relu(self):
        """The number itself above 0, otherwise 0; slope 1 above 0, otherwise 0 (at 0 too)."""
        x = self.data  # a NaN stays one: hidden, it would be found much later
        return Value(0.0 if x <= 0 else x, "relu", (self,), (1.0 if x > 0 else 0.0,))

    def tanh(self):
        """Squeeze into -1 to 1; the slope is 1 - output squared."""
        y = math.tanh(self.data)
        return Value(y, "tanh", (self,), (1 - y * y,))

    def __radd__(self, other):  # other + self
        return Value(other) + self

    def __rsub__(self, other):  # other - self
        return Value(other) - self

    def __rmul__(self, other):  # other * self
        return Value(other) * self

    def __rtruediv__(self, other):  # other / self
        return Value(other) / self

    def __rpow__(self, base):  # base ** self
        base = to_float(base)
        if base <= 0:
            raise ValueError(
                f"{base} ** x: the base must be above 0, for log(base) is in the slope."
            )
        return (self * math.log(base)).exp()

    def backward(self):
        """Add to every number's `grad` what it is worth to this one.

        Gradients of the numbers you typed in add up over several calls, as in PyTorch (set them
        back to 0 between steps); those in between start anew each time.
        """
        order = topological_order(self)
        for node in order:
            node.grad = 0.0
        self.grad += 1.0
        for node in reversed(order):  # a node passes blame on once it has all of its own
            grad = node.grad
            for parent, local_grad in zip(node.parents, node.local_grads):
                # Trap: `=` instead of `+=` keeps only the path that was walked last.
                parent.grad += local_grad * grad

    def __repr__(self):
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g})"


def natural_log(x: float) -> float:
    """Raises: ValueError unless `x` is above 0."""
    if x <= 0:
        raise ValueError(
            f"log({x}): a logarithm needs a number above 0. "
            f"A probability that came out as 0 usually means logits too far apart."
        )
    return math.log(x)


def to_float(given) -> float:
    """`given` as a float, if it is one number; NumPy's and PyTorch's count, strings do not."""
    if not isinstance(given, (str, bytes, Value)) and hasattr(given, "__float__"):
        try:
            return float(given)
        except (TypeError, ValueError, RuntimeError, OverflowError):
            pass  # an array of several numbers, or a whole number beyond all floats
    advice = "Make a Value of each number in it, or pick one."
    if isinstance(given, Value):
        advice = "It is a Value already; use it as it is, or take its .data."
    elif isinstance(given, (str, bytes)):
        advice = "Write the number without quotes, or turn it into one with float(...)."
    raise ValueError(
        f"A Value holds one number, not {reprlib.repr(given)} (a {type(given).__name__}). {advice}"
    )


def power_grad(x: float, n: float) -> float:
    """d(x ** n) / dx = n * x ** (n - 1), and at x = 0 what that comes to."""
    if n == 0:
        return 0.0
    if x == 0 and n < 1:
        return math.inf  # a root rises straight up from 0
    try:
        return n * x ** (n - 1)
    except OverflowError:  # the number itself may be small enough all the same
        falls = (n < 0) != (x < 0 and (n - 1) % 2 == 1)
        return -math.inf if falls else math.inf


def topological_order(root):
    """All numbers that were computed on the way to `root`, each one after its parents.

    Numbers that were typed in have no parents and are left out: they have nobody to pass blame on
    to.
    """
    order, seen = [], set()
    # A stack, not recursion: a chain of 100,000 additions is deeper than Python may call.
    stack = [root] if root.parents else []
    while stack:
        node = stack.pop()
        if node is None:  # all parents of the one below are done
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            stack += (node, None)
            stack += [p for p in node.parents if p.parents and p not in seen]
    return order
