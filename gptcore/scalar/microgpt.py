"""A whole GPT, one number at a time: read names, learn which letter comes next, generate_one names.

The model is a function without state, (token, position, weights, cache) -> logits; what a run has
of state (weights, chance, documents) is in `MicroGPT`. Left out on purpose: batches and arrays,
so that every number can be looked at.
Source: Andrej Karpathy, microgpt, 12 February 2026; with names.txt, seed 42 and 1,000 steps this
    prints the published losses and invents the published names.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import ModuleType

from gptcore.checks import as_finite, as_int
from gptcore.heads import check_heads
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar import ops_fused
from gptcore.scalar.adam import Adam
from gptcore.scalar.attention import attend
from gptcore.scalar.update_record import UpdateRecord
from gptcore.scalar.value import Value

INIT_STD = 0.08  # spread of the first weights; the published value
LEARNING_RATE = 0.01


@dataclass(frozen=True)
class MicroConfig:
    """Sizes of a microgpt; the published ones unless said otherwise.

    Example: MicroConfig(n_embd=32, n_head=4).block_size -> 16
    """

    n_embd: int = 16  # C: numbers that describe one token
    n_head: int = 4  # H
    n_layer: int = 1  # L
    block_size: int = 16  # T: most tokens that it looks back on

    def __post_init__(self):
        for name in ("n_embd", "n_head", "n_layer", "block_size"):
            object.__setattr__(self, name, as_int(getattr(self, name), name, 1))
        check_heads(self.n_embd, self.n_head)


def init_weights(vocab_size: int, config: MicroConfig, rng: Random) -> dict[str, list[list[Value]]]:
    """Small random numbers, matrix by matrix, row by row, in the published order."""
    C = config.n_embd
    shapes = {"wte": (vocab_size, C), "wpe": (config.block_size, C), "lm_head": (vocab_size, C)}
    for layer in range(config.n_layer):
        shapes |= {f"{layer}.{name}": (C, C) for name in ("wq", "wk", "wv", "wo")}
        shapes |= {f"{layer}.fc1": (4 * C, C), f"{layer}.fc2": (C, 4 * C)}
    return {
        name: [[Value(rng.gauss(0, INIT_STD)) for _ in range(columns)] for _ in range(rows)]
        for name, (rows, columns) in shapes.items()
    }


def logits(
    token: int, position: int, weights, cache, config: MicroConfig, ops=ops_fused
) -> list[Value]:
    """How much the model expects each token next; larger is likelier.

    `cache` holds one (keys, values) for each layer; this token's are appended. Gradients flow
    through it.
    Shapes: -> (V,).
    """
    x = add(weights["wte"][token], weights["wpe"][position])  # (C,)
    x = ops.rmsnorm(x)
    for layer, (keys, values) in enumerate(cache):
        normed = ops.rmsnorm(x)
        q = ops.linear(normed, weights[f"{layer}.wq"])
        keys.append(ops.linear(normed, weights[f"{layer}.wk"]))
        values.append(ops.linear(normed, weights[f"{layer}.wv"]))
        mixed = attend(q, keys, values, config.n_head, ops)  # talk: only here do tokens meet
        x = add(ops.linear(mixed, weights[f"{layer}.wo"]), x)
        hidden = [h.relu() for h in ops.linear(ops.rmsnorm(x), weights[f"{layer}.fc1"])]  # (4C,)
        x = add(ops.linear(hidden, weights[f"{layer}.fc2"]), x)  # think: each token for itself
    return ops.linear(x, weights["lm_head"])  # (V,)


def add(x, y):
    """Pairwise sums. Shapes: (n,), (n,) -> (n,)."""
    return [xi + yi for xi, yi in zip(x, y)]


class MicroGPT:
    """One run: documents, weights and a stream of chance.

    `ops` says how the graph is built: `ops_fused` (default) or `ops_reference`, which gives the
    same numbers
    more slowly.
    Raises:  ValueError if there is nothing to learn from, or sizes that do not fit.
    Example: gpt = MicroGPT(["emma", "anna"]); list(gpt.train(10)); gpt.sample(3)
    """

    def __init__(
        self,
        documents: list[str],
        config: MicroConfig | None = None,
        *,
        seed: int = 42,
        shuffle: bool = True,
        ops: ModuleType = ops_fused,
    ):
        self.documents = check_documents(documents)
        self.config, self.ops = config or MicroConfig(), ops
        self.rng = Random(as_int(seed, "seed"))
        if shuffle:
            self.rng.shuffle(self.documents)
        self.characters = sorted(set("".join(self.documents)))
        self.BOS = len(self.characters)  # one more token: a name begins here, and ends here
        self.vocab_size = self.BOS + 1
        self.weights = init_weights(self.vocab_size, self.config, self.rng)
        self.parameters = [w for matrix in self.weights.values() for row in matrix for w in row]

    def encode(self, text: str) -> list[int]:
        """Ids of the characters. Raises ValueError for one that the documents do not have."""
        unknown = sorted(set(text) - set(self.characters))
        if unknown:
            raise ValueError(
                f"{text!r} has {unknown[0]!r}, which stands in none of the documents. "
                f"Known: {''.join(self.characters)!r:.80}."
            )
        return [self.characters.index(character) for character in text]

    def new_kv_cache(self) -> list[tuple[list, list]]:
        """One (keys, values) for each layer, before the first token."""
        return [([], []) for _ in range(self.config.n_layer)]

    def logits_after(self, ids: list[int]) -> Iterator[list[Value]]:
        """Logits after each of `ids`. Shapes: ids (T,) -> T times (V,)."""
        cache = self.new_kv_cache()
        for position, token in enumerate(ids):
            yield logits(token, position, self.weights, cache, self.config, self.ops)

    def loss(self, document: str) -> Value:
        """Mean cross_entropy over the characters of a document and its end. Units: nats per
        token.
        """
        ids = [self.BOS, *self.encode(document), self.BOS][: self.config.block_size + 1]
        surprises = [
            self.ops.cross_entropy(row, target)
            for row, target in zip(self.logits_after(ids[:-1]), ids[1:])
        ]
        return sum(surprises) / len(surprises)

    def train(
        self, steps: int = 1000, learning_rate: float = LEARNING_RATE
    ) -> Iterator[UpdateRecord]:
        """Yield a `UpdateRecord` after each update: one document, and a rate that falls to 0.

        Draws and prints nothing; stop whenever you like, the weights stay as they are.
        """
        steps = as_int(steps, "steps", 1, "1000 takes about ten seconds")
        return self.updates(steps, as_finite(learning_rate, "learning_rate"))

    def updates(self, steps: int, learning_rate: float) -> Iterator[UpdateRecord]:
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
        """How likely each character is after `prefix`; `end` is the end of the text."""
        ids = [self.BOS, *self.encode(prefix)][-self.config.block_size :]
        *_, row = self.logits_after(ids)
        probs = next_probabilities([logit.data for logit in row], temperature)
        return dict(zip([*self.characters, "end"], probs))

    def sample(self, n: int = 20, temperature: float = 0.5, rng: Random | None = None) -> list[str]:
        """`n` invented texts; without `rng` from the run's own stream of chance, as published."""
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.generate_one(temperature, rng or self.rng) for _ in range(n)]

    def generate_one(self, temperature: float, rng: Random) -> str:
        """One text, character by character, until its end or until block_size."""
        ids, cache = [self.BOS], self.new_kv_cache()
        for position in range(self.config.block_size):
            row = logits(ids[-1], position, self.weights, cache, self.config, self.ops)
            token = next_token([logit.data for logit in row], temperature, rng=rng)
            if token == self.BOS:
                break
            ids.append(token)
        return "".join(self.characters[token] for token in ids[1:])


def check_documents(given) -> list[str]:
    """The documents that are not empty, as a list of its own.

    Raises: ValueError if there are none, or if something else than text is among them.
    """
    documents = (
        [] if isinstance(given, (str, bytes)) or not hasattr(given, "__iter__") else list(given)
    )
    if not any(documents):
        raise ValueError(
            f"documents={given!r:.60} must be a list with at least one text, such as "
            f"['emma', 'anna']."
        )
    for place, document in enumerate(documents):
        if not isinstance(document, str):
            raise ValueError(
                f"documents[{place}] is {document!r:.40}, a {type(document).__name__}; all of them "
                f"must be texts, such as 'emma'."
            )
    return [document for document in documents if document]


@contextmanager
def gc_paused():
    """Pause Python's cycle collector: a graph has none, and looking costs a tenth of a step."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
