"""4,192 numbers in one row, and the matrices that are cut from it.

Adam looks at one flat vector, attention at matrices. Both see the same memory: each matrix is a
view, not a copy. Because wq, wk and wv follow one another in the published order, one view has
all three. Left out on purpose: names of the weights for strangers (`gptcore.model` speaks
nanoGPT's).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gptcore.scalar.microgpt import MicroGPT

Array = np.ndarray


class Sizes(NamedTuple):
    """What fixes the shape of every matrix."""

    V: int
    T: int
    C: int
    L: int


class Block(NamedTuple):
    """The matrices of one layer."""

    qkv: Array  # (3C, C): wq, wk, wv, one below the other
    wo: Array  # (C, C)
    fc1: Array  # (4C, C)
    fc2: Array  # (C, 4C)


@dataclass(frozen=True)
class Weights:
    """All weights as one vector, `flat`, and as the matrices in it."""

    flat: Array
    sizes: Sizes
    wte: Array  # (V, C)
    wpe: Array  # (T, C)
    lm_head: Array  # (V, C)
    blocks: list[Block]

    @classmethod
    def cut(cls, flat: Array, sizes: Sizes) -> "Weights":
        """Views into `flat`, in the order in which microgpt draws its first weights."""
        V, T, C, L = sizes
        start = 0

        def next_matrix(rows: int, columns: int) -> Array:
            nonlocal start
            start += rows * columns
            return flat[start - rows * columns : start].reshape(rows, columns)

        wte, wpe, lm_head = next_matrix(V, C), next_matrix(T, C), next_matrix(V, C)
        shapes = ((3 * C, C), (C, C), (4 * C, C), (C, 4 * C))
        blocks = [Block(*(next_matrix(*shape) for shape in shapes)) for _ in range(L)]
        return cls(flat, sizes, wte, wpe, lm_head, blocks)

    def named(self) -> dict[str, Array]:
        """The same views under the names that `MicroGPT.weights` has."""
        names = {"wte": self.wte, "wpe": self.wpe, "lm_head": self.lm_head}
        for layer, block in enumerate(self.blocks):
            wq, wk, wv = np.split(block.qkv, 3)
            here = {"wq": wq, "wk": wk, "wv": wv, "wo": block.wo, "fc1": block.fc1}
            here |= {"fc2": block.fc2}
            names |= {f"{layer}.{name}": matrix for name, matrix in here.items()}
        return names


def weights_of(gpt: MicroGPT) -> dict[str, Array]:
    """Copies of a scalar model's weights, as matrices under the same names.

    Example: weights_of(gpt)["wte"].shape -> (5, 16)
    """
    return {
        name: np.array([[value.data for value in row] for row in matrix])
        for name, matrix in gpt.weights.items()
    }


def gathered(weights: dict[str, Array]) -> Weights:
    """Named matrices, put one after the other into a vector of their own."""
    (V, C), T = weights["wte"].shape, len(weights["wpe"])
    L = sum(name.endswith(".wq") for name in weights)
    order = ["wte", "wpe", "lm_head"]
    for layer in range(L):
        order += [f"{layer}.{name}" for name in ("wq", "wk", "wv", "wo", "fc1", "fc2")]
    flat = np.concatenate([np.asarray(weights[name], float).ravel() for name in order])
    return Weights.cut(flat, Sizes(V, T, C, L))
