"""All 4,192 weights as one vector, and the matrices in it.

Adam updates one flat vector, attention multiplies matrices. Both use the same memory: each matrix
is a view, not a copy. wq, wk and wv follow one another in the published order, so one view has all
three.
"""

from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from gptcore.scalar.microgpt import MicroGPT

Array = NDArray[np.float64]


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
    def from_flat(cls, flat: Array, sizes: Sizes) -> Self:
        """Views into `flat`, in the order in which microgpt draws its initial weights.

        Args:
            flat: All weights, shape (n,).
            sizes: They fix n and the shape of every matrix.
        """
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

    def as_dict(self) -> dict[str, Array]:
        """The same views under the names of `MicroGPT.weights`."""
        matrices = {"wte": self.wte, "wpe": self.wpe, "lm_head": self.lm_head}
        for layer, block in enumerate(self.blocks):
            wq, wk, wv = np.split(block.qkv, 3)
            of_block = {"wq": wq, "wk": wk, "wv": wv, "wo": block.wo}
            of_block |= {"fc1": block.fc1, "fc2": block.fc2}
            matrices |= {f"{layer}.{name}": matrix for name, matrix in of_block.items()}
        return matrices


def weights_of(gpt: MicroGPT) -> dict[str, Array]:
    """The weights of a scalar model as arrays under the same names; they are copies.

    Args:
        gpt: Trained or not.

    Returns:
        One array for each name, such as "wte" of shape (V, C).

    Example:
        >>> weights_of(gpt)["wte"].shape
        (5, 16)
    """
    return {
        name: np.array([[value.data for value in row] for row in matrix])
        for name, matrix in gpt.weights.items()
    }


def flatten_weights(weights: dict[str, Array]) -> Weights:
    """Copies of named matrices, one after the other in a new vector.

    Args:
        weights: As `weights_of` returns them.
    """
    (V, C), T = weights["wte"].shape, len(weights["wpe"])
    L = sum(name.endswith(".wq") for name in weights)
    order = ["wte", "wpe", "lm_head"]
    for layer in range(L):
        order += [f"{layer}.{name}" for name in ("wq", "wk", "wv", "wo", "fc1", "fc2")]
    flat = np.concatenate([np.asarray(weights[name], float).ravel() for name in order])
    return Weights.from_flat(flat, Sizes(V, T, C, L))
