"""microgpt in NumPy, a thousand times faster: look inside it, intervene, train.

The same model as `gptcore.scalar.microgpt` with the same weights under the same names; the
arithmetic is in `numpy_backward.py`. To sample, take `NumpyGPT.scalar()`.
Source: Andrej Karpathy, microgpt, 12 February 2026.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from gptcore.checks import as_finite, as_ids, as_int
from gptcore.heads import check_ablated_heads, check_heads
from gptcore.ladder.numpy_backward import Ids, backward, cross_entropy, forward_pass, softmax
from gptcore.ladder.weights import Array, Weights, flatten_weights, weights_of
from gptcore.scalar import MicroConfig, MicroGPT, UpdateRecord
from gptcore.scalar.microgpt import LEARNING_RATE

Heads = Collection[tuple[int, int]]  # each is (layer, head)
ScoreHook = Callable[[int, int, Array], ArrayLike]


class Interventions(TypedDict, total=False):
    """The keyword arguments of `forward` that change the model."""

    ablated_heads: Heads
    use_positions: bool
    score_hook: ScoreHook | None
    causal: bool


@dataclass(frozen=True)
class Activations:
    """What the model computes for one name.

    Attributes:
        scores: Query times key over root D, before any hook and any mask, shape (L, H, T, T).
        weights: Attention weights of a query (row) over keys (column), shape (L, H, T, T).
        values: Shape (L, H, T, D).
        context: The weighted sum of values of each head, 0 for an ablated one, shape
            (L, H, T, D).
        residual_terms: What each part adds to the residual stream, each of shape (T, C):
            "embedding" (token plus position, normalised), "0 attention", "0 mlp", "1 attention"
            and so on. Their sum times `lm_head` is `logits`.
        logits: Shape (T, V).

    Example:
        >>> forward([4, 0], weights_of(gpt), n_head=4).residual_terms["0 mlp"].shape
        (2, 16)
    """

    scores: Array
    weights: Array
    values: Array
    context: Array
    residual_terms: dict[str, Array]
    logits: Array


def forward(
    ids: ArrayLike,
    weights: dict[str, Array],
    n_head: int,
    *,
    ablated_heads: Heads = (),
    use_positions: bool = True,
    score_hook: ScoreHook | None = None,
    causal: bool = True,
) -> Activations:
    """Run the model on `ids`, and return all that it computes on the way.

    Args:
        ids: Token ids, shape (T,), at most block_size of them.
        weights: As `weights_of` returns them.
        n_head: Heads in each layer.
        ablated_heads: Heads, each as (layer, head), whose output is set to 0.
        use_positions: Whether position embeddings are added.
        score_hook: `score_hook(layer, head, scores)` returns other scores of the same shape
            (T, T). It runs before the mask and the softmax.
        causal: Whether later positions are masked. False is a mistake that lesson 6 makes on
            purpose.

    Returns:
        The activations of all layers.

    Raises:
        ValueError: For ids or heads that the weights do not have.

    Example:
        >>> forward([4, 0, 1], weights_of(gpt), n_head=4).weights[0, 3].shape
        (3, 3)
    """
    matrices = flatten_weights(weights)
    check_heads(matrices.sizes.C, n_head)
    check_ablated_heads(ablated_heads, matrices.sizes.L, n_head)
    ids = check_ids(ids, matrices.sizes.V, max_tokens=matrices.sizes.T)
    hook = score_hook and checked(score_hook)
    embedding, _, blocks, x = forward_pass(
        ids, matrices, n_head, ablated_heads, use_positions, hook, causal
    )
    terms = {"embedding": embedding}
    for layer, (attention, mlp) in enumerate(blocks):
        terms |= {f"{layer} attention": attention.output, f"{layer} mlp": mlp.output}
    return Activations(
        scores=np.stack([attention.scores for attention, _ in blocks]),  # (L, H, T, T)
        weights=np.stack([attention.probs for attention, _ in blocks]),  # (L, H, T, T)
        values=np.stack([attention.qkv[2] for attention, _ in blocks]),  # (L, H, T, D)
        context=np.stack([attention.context for attention, _ in blocks]),  # (L, H, T, D)
        residual_terms=terms,
        logits=x @ matrices.lm_head.T,  # (T, C) @ (C, V) -> (T, V)
    )


def loss_of(
    ids: ArrayLike,
    weights: dict[str, Array],
    n_head: int,
    **interventions: Unpack[Interventions],
) -> float:
    """Mean cross-entropy of each id given those before it.

    Args:
        ids: Token ids, shape (T + 1,). More than block_size + 1 are cut off, as in
            `MicroGPT.loss`.
        weights: As `weights_of` returns them.
        n_head: Heads in each layer.
        **interventions: Keyword arguments of `forward`.

    Returns:
        Nats per token.

    Raises:
        ValueError: As `forward`, and for fewer than two ids.

    Example:
        >>> round(loss_of([4, 0, 1], weights_of(gpt), n_head=4), 2)
        1.65
    """
    ids = check_pairs(ids, weights)
    activations = forward(ids[:-1], weights, n_head, **interventions)
    return cross_entropy(softmax(activations.logits), ids[1:])


def loss_and_grads(
    ids: ArrayLike, weights: dict[str, Array], n_head: int
) -> tuple[float, dict[str, Array]]:
    """The loss, and its gradient for each weight.

    Args:
        ids: Token ids, shape (T + 1,).
        weights: As `weights_of` returns them.
        n_head: Heads in each layer.

    Returns:
        The loss in nats per token, and gradients under the names and with the shapes of `weights`.

    Raises:
        ValueError: For ids that the weights do not have, and for fewer than two ids.

    Example:
        >>> loss, grads = loss_and_grads([4, 0, 1], weights_of(gpt), n_head=4)
        >>> grads["wte"].shape
        (5, 16)
    """
    matrices = flatten_weights(weights)
    check_heads(matrices.sizes.C, n_head)
    grads = Weights.from_flat(np.empty_like(matrices.flat), matrices.sizes)
    loss = backward(check_pairs(ids, weights), matrices, n_head, grads)
    return loss, grads.as_dict()


def check_ids(given: ArrayLike, vocab_size: int, max_tokens: int | None = None) -> Ids:
    """The ids as an array; ValueError for none, too many, or one that the model does not have."""
    ids = as_ids(given, "ids", vocab_size)
    if not ids:
        raise ValueError("ids is empty: a model needs at least one token.")
    if max_tokens is not None and len(ids) > max_tokens:
        raise ValueError(
            f"ids has {len(ids)} tokens, but the model takes at most block_size={max_tokens}. "
            f"Take ids[:{max_tokens}]."
        )
    return np.array(ids)


def check_pairs(given: ArrayLike, weights: dict[str, Array]) -> Ids:
    """Inputs and targets in one row, cut to block_size predictions."""
    ids = check_ids(given, len(weights["wte"]))
    if len(ids) < 2:
        raise ValueError(f"ids={ids.tolist()} has nothing to predict: it needs two tokens or more.")
    return ids[: len(weights["wpe"]) + 1]


def checked(score_hook: ScoreHook) -> Callable[[int, int, Array], Array]:
    """The same hook, with a check that it returns as many scores as it was given."""

    def call_and_check(layer: int, head: int, scores: Array) -> Array:
        changed = score_hook(layer, head, scores)
        if np.shape(changed) != scores.shape:
            returned = "nothing" if changed is None else f"shape {np.shape(changed)}"
            raise ValueError(
                f"score_hook(layer={layer}, head={head}, scores) returned {returned}; it must "
                f"return scores of shape {scores.shape}, changed or not."
            )
        return np.asarray(changed)

    return call_and_check


class NumpyAdam:
    """`gptcore.scalar.Adam` on one flat vector.

    Args:
        weights: Updated in place, shape (n,).
        beta1: Decay of the running mean of gradients.
        beta2: Decay of the running mean of squared gradients.
        eps: Keeps the division finite.
    """

    def __init__(self, weights: Array, beta1: float = 0.85, beta2: float = 0.99, eps: float = 1e-8):
        self.weights, self.beta1, self.beta2, self.eps = weights, beta1, beta2, eps
        self.mean, self.mean_square = np.zeros_like(weights), np.zeros_like(weights)
        self.steps = 0

    def step(self, grads: Array, learning_rate: float) -> None:
        """Update the weights.

        Args:
            grads: Shape (n,), as the weights.
            learning_rate: Length of a step.
        """
        self.steps += 1
        self.mean *= self.beta1
        self.mean += (1 - self.beta1) * grads
        self.mean_square *= self.beta2
        self.mean_square += (1 - self.beta2) * grads * grads
        rate = learning_rate / (1 - self.beta1**self.steps)
        size = np.sqrt(self.mean_square / (1 - self.beta2**self.steps)) + self.eps
        self.weights -= rate * self.mean / size  # in place: the matrices are views of it


class NumpyGPT:
    """One run: what `MicroGPT` computes from the same seed, a thousand times faster.

    Args:
        gpt_or_documents: The model to start from; or texts, for a new `MicroGPT`.
        config: Sizes of a new model.
        seed: Seed of a new model.

    Raises:
        ValueError: As `MicroGPT` does.

    Example:
        >>> run = NumpyGPT(["emma", "anna"])
        >>> losses = [step.loss for step in run.train(10)]
        >>> len(run.scalar().sample(3))
        3
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
        self.matrices = flatten_weights(weights_of(self.gpt))
        self.grads = Weights.from_flat(np.zeros_like(self.matrices.flat), self.matrices.sizes)
        self.ids = {character: i for i, character in enumerate(self.gpt.characters)}

    @property
    def weights(self) -> dict[str, Array]:
        """The matrices by name. Trap: training changes them in place; copy what you keep."""
        return self.matrices.as_dict()

    def encode(self, document: str) -> Ids:
        """Token ids: BOS, the characters, BOS.

        Args:
            document: Characters that the documents of this run have.

        Returns:
            Shape (T + 1,), at most block_size + 1 of them.
        """
        BOS = self.gpt.BOS
        ids = [BOS, *map(self.ids.__getitem__, document), BOS]
        return np.array(ids[: self.config.block_size + 1])

    def train(
        self, steps: int = 1000, learning_rate: float = LEARNING_RATE
    ) -> Iterator[UpdateRecord]:
        """Train on one document for each step.

        Args:
            steps: Updates, 1 or more.
            learning_rate: Falls linearly to 0.

        Yields:
            A record after each update.
        """
        return self.updates(as_int(steps, "steps", 1), as_finite(learning_rate, "learning_rate"))

    def updates(self, steps: int, learning_rate: float) -> Iterator[UpdateRecord]:
        """`train` without its checks.

        Args:
            steps: As in `train`.
            learning_rate: As in `train`.
        """
        optimizer = NumpyAdam(self.matrices.flat)
        for s in range(steps):
            document = self.documents[s % len(self.documents)]
            ids = self.encode(document)
            loss = backward(ids, self.matrices, self.config.n_head, self.grads)
            optimizer.step(self.grads.flat, learning_rate * (1 - s / steps))
            yield UpdateRecord(s + 1, document, loss)

    def scalar(self) -> MicroGPT:
        """The scalar model with the weights that were learned here; it can sample."""
        for value, number in zip(self.gpt.parameters, self.matrices.flat.tolist()):
            value.data = number
        return self.gpt
