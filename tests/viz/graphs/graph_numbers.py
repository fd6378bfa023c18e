"""Numbers to build graphs from in tests, independent of `gptcore.scalar.Value`."""

from dataclasses import dataclass


@dataclass(eq=False, slots=True)  # slots: `viz` must not add attributes to a node
class Number:
    """A number with the five attributes that `viz.graphs.node.Node` needs."""

    data: float
    op: str = ""
    parents: tuple = ()
    local_grads: tuple = ()
    grad: float = 0.0


def plus(*parents: Number) -> Number:
    return Number(sum(p.data for p in parents), "+", parents, (1.0,) * len(parents))


def times(a: Number, b: Number) -> Number:
    return Number(a.data * b.data, "*", (a, b), (b.data, a.data))
