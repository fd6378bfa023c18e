"""microgpt in NumPy, a thousand times faster: look inside a name, tamper with it, train.

The same model as `gptcore.scalar.microgpt`, with the same weights under the same names; the
arithmetic is in `slopes.py`. Left out on purpose: inventing names. `ArrayGPT.scalar` hands the
weights back to the model that can.
Source: Andrej Karpathy, microgpt, 12 February 2026.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from gptcore.checks import as_finite, as_int
from gptcore.heads import check_heads
from gptcore.ladder.slopes import backward, mean_surprise, run_through, shares_of
from gptcore.ladder.weights import Weights, gathered, weights_of
from gptcore.scalar import MicroConfig, MicroGPT, UpdateRecord
from gptcore.scalar.microgpt import LEARNING_RATE

Array = np.ndarray
Edit = Callable[[int, int, Array], Array]
NOBODY: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True)
class Inside:
    """What a name meets on its way through the model.

    `stream` has what each part adds to the vector of a letter, in order; the sum of all is the
    vector from which the logits are made. It begins with "embedding", token plus position brought
    to scale; then come "0 attention", "0 mlp", "1 attention" and so on.
    Shapes: stands beside each field.
    Example: forward([4, 0], weights_of(gpt), n_head=4).stream["0 mlp"].shape -> (2, 16)
    """

    scores: Array  # (L, H, T, T): query times key over root D, before any edit and any mask
    weights: Array  # (L, H, T, T): who (row) listens to whom (column); each row sums to 1
    values: Array  # (L, H, T, D): what each letter has to say
    mixed: Array  # (L, H, T, D): what each head gathered; 0 for a silenced one
    stream: dict[str, Array]  # each (T, C)
    logits: Array  # (T, V)


def forward(
    ids,
    weights: dict[str, Array],
    n_head: int,
    *,
    silenced: frozenset[tuple[int, int]] = NOBODY,
    use_positions: bool = True,
    edit: Edit | None = None,
    causal: bool = True,
) -> Inside:
    """Read `ids` from left to right, and show what happened on the way.

    `silenced` heads, as (layer, head), have nothing to say. Without `use_positions` the
    model is not told where a letter stands. `edit(layer, head, scores)` may change scores (T, T)
    before later letters are hidden and each row is turned into shares. With `causal=False`
    nothing is hidden, which is a mistake that lesson 5 makes on purpose.
    Shapes:  ids (T,), at most block_size of them.
    Raises:  ValueError for ids or heads that the weights do not have.
    Example: forward([4, 0, 1], weights_of(gpt), n_head=4).weights[0, 3].shape -> (3, 3)
    """
    every = gathered(weights)
    check_heads(every.sizes.C, n_head)
    check_silenced(silenced, every.sizes.L, n_head)
    ids = check_ids(ids, every.sizes.V, at_most=every.sizes.T)
    embedding, _, blocks, x = run_through(
        ids, every, n_head, silenced, use_positions, edit and checked(edit), causal
    )
    stream = {"embedding": embedding}
    for layer, (talked, thought) in enumerate(blocks):
        stream |= {f"{layer} attention": talked.added, f"{layer} mlp": thought.added}
    scores, shares, mixed = (
        np.stack([getattr(talked, name) for talked, _ in blocks])
        for name in ("scores", "shares", "mixed")
    )
    values = np.stack([talked.qkv[2] for talked, _ in blocks])  # (L, H, T, D)
    return Inside(scores, shares, values, mixed, stream, x @ every.lm_head.T)


def loss_of(ids, weights: dict[str, Array], n_head: int, **tampering) -> float:
    """Mean surprise at each id after those before it, tampered with as in `forward`.

    What is longer than block_size is cut off, as in `MicroGPT.loss`.
    Shapes: ids (T + 1,); weights as `weights_of` answers.
    Units: nats per token.
    Example: loss_of([4, 0, 1], weights_of(gpt), n_head=4) -> about 1.65
    """
    ids = check_pairs(ids, weights)
    inside = forward(ids[:-1], weights, n_head, **tampering)
    return mean_surprise(shares_of(inside.logits), ids[1:])


def loss_and_slopes(ids, weights: dict[str, Array], n_head: int) -> tuple[float, dict[str, Array]]:
    """The loss, and for each weight how much the loss grows with it.

    Shapes: ids (T + 1,); the slopes have the shapes of the weights.
    Example: loss, slopes = loss_and_slopes([4, 0, 1], weights_of(gpt), n_head=4)
             slopes["wte"].shape -> (5, 16)
    """
    every = gathered(weights)
    check_heads(every.sizes.C, n_head)
    slopes = Weights.cut(np.empty_like(every.flat), every.sizes)
    loss = backward(check_pairs(ids, weights), every, n_head, slopes)
    return loss, slopes.named()


def check_ids(ids, vocab_size: int, at_most: int | None = None) -> Array:
    """Raises: ValueError for no ids, too many, or one that the model does not know."""
    ids = np.asarray(ids)
    if ids.ndim != 1 or not len(ids) or ids.dtype.kind not in "iu":
        raise ValueError(f"ids={ids.tolist()!r:.60} must be a row of token ids, such as [26, 4].")
    if at_most is not None and len(ids) > at_most:
        raise ValueError(
            f"ids has {len(ids)} tokens, and the model looks back on block_size={at_most} at "
            f"most. Take ids[:{at_most}]."
        )
    if ids.min() < 0 or ids.max() >= vocab_size:
        odd = next(int(token) for token in ids if not 0 <= token < vocab_size)
        raise ValueError(f"ids has {odd}; the model knows the tokens from 0 to {vocab_size - 1}.")
    return ids


def check_pairs(ids, weights: dict[str, Array]) -> Array:
    """Ids of which each but the first is to be predicted, cut to block_size predictions."""
    ids = check_ids(ids, len(weights["wte"]))
    if len(ids) < 2:
        raise ValueError(f"ids={ids.tolist()} has nothing to predict: it needs two tokens or more.")
    return ids[: len(weights["wpe"]) + 1]


def check_silenced(silenced, n_layer: int, n_head: int) -> None:
    """Raises: ValueError for a head that there is not; silencing it would change nothing."""
    for layer, head in silenced:
        if not (0 <= layer < n_layer and 0 <= head < n_head):
            raise ValueError(
                f"silenced has (layer, head) = ({layer}, {head}); there are layers 0 to "
                f"{n_layer - 1} and heads 0 to {n_head - 1}."
            )


def checked(edit: Edit) -> Edit:
    """The same edit, held to answer with as many scores as it was given."""

    def edit_and_check(layer: int, head: int, scores: Array) -> Array:
        changed = edit(layer, head, scores)
        if np.shape(changed) != scores.shape:
            said = "nothing" if changed is None else f"shape {np.shape(changed)}"
            raise ValueError(
                f"edit(layer={layer}, head={head}, scores) answered with {said}; it must return "
                f"scores of shape {scores.shape}, changed or not."
            )
        return changed

    return edit_and_check


class ArrayAdam:
    """Adam on one flat vector: `gptcore.scalar.Adam` with its loop over weights left to NumPy."""

    def __init__(self, weights: Array, beta1: float = 0.85, beta2: float = 0.99, eps: float = 1e-8):
        self.weights, self.beta1, self.beta2, self.eps = weights, beta1, beta2, eps
        self.mean, self.mean_square = np.zeros_like(weights), np.zeros_like(weights)
        self.steps = 0

    def step(self, slopes: Array, learning_rate: float) -> None:
        """Move every weight against its slope. Shapes: slopes as the weights."""
        self.steps += 1
        self.mean *= self.beta1
        self.mean += (1 - self.beta1) * slopes
        self.mean_square *= self.beta2
        self.mean_square += (1 - self.beta2) * slopes * slopes
        rate = learning_rate / (1 - self.beta1**self.steps)
        size = np.sqrt(self.mean_square / (1 - self.beta2**self.steps)) + self.eps
        self.weights -= rate * self.mean / size  # in place: the matrices are views of it


class ArrayGPT:
    """One run: what `MicroGPT` computes from the same seed, a thousand times faster.

    Begins with the weights of the model it is given, or with first weights of its own.
    Raises:  ValueError as `MicroGPT` does.
    Example: run = ArrayGPT(["emma", "anna"]); list(run.train(10)); run.scalar().sample(3)
    """

    def __init__(
        self,
        gpt_or_documents: MicroGPT | list[str],
        config: MicroConfig | None = None,
        *,
        seed: int = 42,
    ):
        given = gpt_or_documents
        self.gpt = given if isinstance(given, MicroGPT) else MicroGPT(given, config, seed=seed)
        self.config, self.documents = self.gpt.config, self.gpt.documents
        self.matrices = gathered(weights_of(self.gpt))
        self.slopes = Weights.cut(np.zeros_like(self.matrices.flat), self.matrices.sizes)
        self.ids = {character: i for i, character in enumerate(self.gpt.characters)}

    @property
    def weights(self) -> dict[str, Array]:
        """The matrices by name. Trap: they change as training goes on; copy what you keep."""
        return self.matrices.named()

    def encode(self, document: str) -> Array:
        """BOS, the characters, BOS; at most one more than block_size. Shapes: -> (tokens,)."""
        BOS = self.gpt.BOS
        ids = [BOS, *map(self.ids.__getitem__, document), BOS]
        return np.array(ids[: self.config.block_size + 1])

    def train(
        self, steps: int = 1000, learning_rate: float = LEARNING_RATE
    ) -> Iterator[UpdateRecord]:
        """Yield a `UpdateRecord` after each update: one document, and a rate that falls to 0."""
        return self.updates(as_int(steps, "steps", 1), as_finite(learning_rate, "learning_rate"))

    def updates(self, steps: int, learning_rate: float) -> Iterator[UpdateRecord]:
        optimizer = ArrayAdam(self.matrices.flat)
        for s in range(steps):
            document = self.documents[s % len(self.documents)]
            ids = self.encode(document)
            loss = backward(ids, self.matrices, self.config.n_head, self.slopes)
            optimizer.step(self.slopes.flat, learning_rate * (1 - s / steps))
            yield UpdateRecord(s + 1, document, loss)

    def scalar(self) -> MicroGPT:
        """The scalar model, with what has been learned here: it can invent names."""
        for value, number in zip(self.gpt.parameters, self.matrices.flat.tolist()):
            value.data = number
        return self.gpt
