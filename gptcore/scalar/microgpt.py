"""A whole GPT, one number at a time: it reads names, learns which letter comes next, and samples.

The model is a function without state, `next_logits`; the state of a run (weights, random numbers,
documents) is in `MicroGPT`. There are no batches and no arrays, so that every number can be
inspected.
Source: Andrej Karpathy, microgpt, 12 February 2026; with names.txt, seed 42 and 1,000 steps this
    prints the published losses and samples the published names.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from gptcore.checks import as_finite, as_int
from gptcore.heads import check_heads
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar import ops_fused
from gptcore.scalar.adam import Adam
from gptcore.scalar.attention import Ops, Vector, attend
from gptcore.scalar.characters import encode_characters
from gptcore.scalar.update_record import UpdateRecord
from gptcore.scalar.value import Value

Weights = dict[str, list[list[Value]]]
KVCache = list[tuple[list[Vector], list[Vector]]]  # keys and values of each layer
INIT_STD = 0.08  # of the initial weights, as published
LEARNING_RATE = 0.01


@dataclass(frozen=True)
class MicroConfig:
    """Sizes of a microgpt; the defaults are the published ones.

    Attributes:
        n_embd: Numbers that describe one token (C).
        n_head: Attention heads (H); must divide `n_embd`.
        n_layer: Blocks (L).
        block_size: Longest context, in tokens (T).

    Raises:
        ValueError: For sizes below 1 or heads that do not divide `n_embd`.

    Example:
        >>> MicroConfig(n_embd=32, n_head=4).block_size
        16
    """

    n_embd: int = 16
    n_head: int = 4
    n_layer: int = 1
    block_size: int = 16

    def __post_init__(self) -> None:
        for name in ("n_embd", "n_head", "n_layer", "block_size"):
            object.__setattr__(self, name, as_int(getattr(self, name), name, 1))
        check_heads(self.n_embd, self.n_head)


def init_weights(vocab_size: int, config: MicroConfig, rng: Random) -> Weights:
    """Small random numbers, matrix by matrix and row by row, in the published order."""
    C = config.n_embd
    shapes = {"wte": (vocab_size, C), "wpe": (config.block_size, C), "lm_head": (vocab_size, C)}
    for layer in range(config.n_layer):
        shapes |= {f"{layer}.{name}": (C, C) for name in ("wq", "wk", "wv", "wo")}
        shapes |= {f"{layer}.fc1": (4 * C, C), f"{layer}.fc2": (C, 4 * C)}
    return {
        name: [[Value(rng.gauss(0, INIT_STD)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def next_logits(
    token: int,
    position: int,
    weights: Weights,
    kv_cache: KVCache,
    config: MicroConfig,
    ops: Ops = ops_fused,
) -> list[Value]:
    """The logits of the token that follows.

    Args:
        token: Id of the newest token.
        position: Its position, from 0.
        weights: As in `MicroGPT.weights`.
        kv_cache: Keys and values of earlier tokens; those of this token are appended. Gradients
            flow through it.
        config: Sizes.
        ops: `ops_fused` or `ops_reference`.

    Returns:
        One logit for each token of the vocabulary, shape (V,).
    """
    x = add(weights["wte"][token], weights["wpe"][position])  # (C,)
    x = ops.rmsnorm(x)
    for layer, (keys, values) in enumerate(kv_cache):
        normed = ops.rmsnorm(x)
        q = ops.linear(normed, weights[f"{layer}.wq"])
        keys.append(ops.linear(normed, weights[f"{layer}.wk"]))
        values.append(ops.linear(normed, weights[f"{layer}.wv"]))
        context = attend(
            q, keys, values, config.n_head, ops
        )  # (C,), the only part where tokens meet
        x = add(ops.linear(context, weights[f"{layer}.wo"]), x)
        hidden = [h.relu() for h in ops.linear(ops.rmsnorm(x), weights[f"{layer}.fc1"])]  # (4C,)
        x = add(ops.linear(hidden, weights[f"{layer}.fc2"]), x)
    return ops.linear(x, weights["lm_head"])  # (V,)


def add(x: Vector, y: Vector) -> list[Value]:
    """Pairwise sums: (n,), (n,) -> (n,)."""
    return [xi + yi for xi, yi in zip(x, y)]


class MicroGPT:
    """One run: documents, weights and a source of random numbers.

    Args:
        documents: Texts to learn from, such as names; empty ones are dropped.
        config: Sizes of the model.
        seed: Of the shuffle, the initial weights and the samples.
        shuffle: Whether the documents are shuffled.
        ops: How the graph is built: `ops_fused`, or `ops_reference` for the same numbers more
            slowly.

    Raises:
        ValueError: If there is nothing to learn from.

    Example:
        >>> gpt = MicroGPT(["emma", "anna"])
        >>> [round(record.loss, 2) for record in gpt.train(2)]
        [1.45, 1.5]
        >>> len(gpt.sample(3))
        3
    """

    def __init__(
        self,
        documents: list[str],
        config: MicroConfig | None = None,
        *,
        seed: int = 42,
        shuffle: bool = True,
        ops: Ops = ops_fused,
    ):
        self.documents = check_documents(documents)
        self.config, self.ops = config or MicroConfig(), ops
        self.rng = Random(as_int(seed, "seed"))
        if shuffle:
            self.rng.shuffle(self.documents)
        self.characters = sorted(set("".join(self.documents)))
        self.BOS = len(self.characters)  # one more token: it starts and ends a name
        self.vocab_size = self.BOS + 1
        self.weights = init_weights(self.vocab_size, self.config, self.rng)
        self.parameters = [w for matrix in self.weights.values() for row in matrix for w in row]

    def encode(self, text: str) -> list[int]:
        """Token ids of a text.

        Args:
            text: Characters that the documents have.

        Raises:
            ValueError: For another character.
        """
        return encode_characters(text, self.characters, "this model")

    def new_kv_cache(self) -> KVCache:
        """Empty (keys, values) for each layer."""
        return [([], []) for _ in range(self.config.n_layer)]

    def logits_after(self, ids: list[int]) -> Iterator[list[Value]]:
        """The logits after each token.

        Args:
            ids: Token ids, shape (T,).

        Yields:
            T times logits of shape (V,).
        """
        kv_cache = self.new_kv_cache()
        for position, token in enumerate(ids):
            yield next_logits(token, position, self.weights, kv_cache, self.config, self.ops)

    def loss(self, document: str) -> Value:
        """Mean cross-entropy over the characters of a document and its end.

        Args:
            document: Characters that the documents of this run have.

        Returns:
            Nats per token.
        """
        ids = [self.BOS, *self.encode(document), self.BOS][: self.config.block_size + 1]
        losses = [
            self.ops.cross_entropy(logits, target)
            for logits, target in zip(self.logits_after(ids[:-1]), ids[1:])
        ]
        return sum(losses, Value(0.0)) / len(losses)

    def train(
        self, steps: int = 1000, learning_rate: float = LEARNING_RATE
    ) -> Iterator[UpdateRecord]:
        """Train with Adam on one document for each step. Stop at any time; the weights stay.

        Args:
            steps: Updates, 1 or more.
            learning_rate: Falls linearly to 0.

        Yields:
            A record after each update.

        Raises:
            ValueError: If `steps` is not an integer above 0, or the learning rate is not finite.
        """
        steps = as_int(steps, "steps", 1, "1000 takes about ten seconds")
        return self.updates(steps, as_finite(learning_rate, "learning_rate"))

    def updates(self, steps: int, learning_rate: float) -> Iterator[UpdateRecord]:
        """`train` without its checks.

        Args:
            steps: As in `train`.
            learning_rate: As in `train`.
        """
        optimizer = Adam(self.parameters)
        for s in range(steps):
            document = self.documents[s % len(self.documents)]
            with gc_paused():
                optimizer.zero_grad()
                loss = self.loss(document)
                loss.backward()
                optimizer.step(learning_rate * (1 - s / steps))
            yield UpdateRecord(s + 1, document, loss.data)

    def next_probabilities(self, prefix: str = "", temperature: float = 1.0) -> dict[str, float]:
        """How likely each character is after `prefix`; `end` is the end of the text.

        Args:
            prefix: The text so far.
            temperature: Divides the logits.
        """
        ids = [self.BOS, *self.encode(prefix)][-self.config.block_size :]
        *_, logits = self.logits_after(ids)
        probs = next_probabilities([logit.data for logit in logits], temperature)
        return dict(zip([*self.characters, "end"], probs))

    def sample(self, n: int = 20, temperature: float = 0.5, rng: Random | None = None) -> list[str]:
        """Generate texts, each until its end or until block_size characters.

        Args:
            n: Number of texts.
            temperature: Divides the logits; 0 takes the likeliest character.
            rng: Source of randomness; by default that of the run, as published.
        """
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.generate_one(temperature, rng or self.rng) for _ in range(n)]

    def generate_one(self, temperature: float, rng: Random) -> str:
        """Generate one text.

        Args:
            temperature: As in `sample`.
            rng: Source of randomness.
        """
        ids, kv_cache = [self.BOS], self.new_kv_cache()
        for position in range(self.config.block_size):
            logits = next_logits(ids[-1], position, self.weights, kv_cache, self.config, self.ops)
            token = next_token([logit.data for logit in logits], temperature, rng=rng)
            if token == self.BOS:
                break
            ids.append(token)
        return "".join(self.characters[token] for token in ids[1:])


def check_documents(given: object) -> list[str]:
    """A new list of the documents that are not empty.

    Args:
        given: A list of texts.

    Raises:
        ValueError: If there are none, or something other than text is among them.
    """
    documents = (
        [] if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__") else list(given)
    )
    if not any(documents):
        raise ValueError(
            f"documents={given!r:.60} must be a list with at least one text, such as "
            f"['emma', 'anna']."
        )
    for i, document in enumerate(documents):
        if not isinstance(document, str):
            raise ValueError(
                f"documents[{i}] is {document!r:.40}, a {type(document).__name__}; all of them "
                f"must be texts, such as 'emma'."
            )
    return [document for document in documents if document]


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause Python's cycle collector: a graph has no cycles, and the search takes a tenth of a
    step.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
