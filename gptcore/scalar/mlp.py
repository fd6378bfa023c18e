"""An MLP that predicts the next letter from the last two, its grads found in two ways.

Layer 1 of the onion, second half. A embedding for each letter, a hidden layer, a logit for each
letter
that may come; grads by tiny steps (any program's) and by calculus (this one's, written out);
stochastic gradient descent. Left out on purpose: Value. Here every grad has its own line of
algebra, and whoever adds a layer has to find new ones.
Source: Bengio, Ducharme, Vincent, Jauvin 2003, "A Neural Probabilistic Language Model".
"""

from collections.abc import Iterator, Sequence
from math import tanh
from random import Random

from gptcore.checks import as_finite, as_int
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar.logits import cross_entropy, cross_entropy_grad
from gptcore.scalar.numerical_gradient import central_difference
from gptcore.scalar.update_record import UpdateRecord

Weights = dict[str, list[list[float]]]
MAX_LENGTH = 16  # letters of an invented text; the same as microgpt's


class MLP:
    """Weights, and what is computed with them.

    Its ids are the rows in `characters`; one more, the last, is the end (and the prefix).
    Raises:  ValueError for sizes below 1, or a letter twice.
    Example: mlp = MLP("abem", rng=Random(1)); list(mlp.train(["emma"], steps=100))
    """

    def __init__(
        self,
        characters: str | Sequence[str],
        context_size: int = 2,
        n_embd: int = 4,
        n_hidden: int = 16,
        *,
        rng: Random,
    ):
        context_size, n_embd = as_int(context_size, "context_size", 1), as_int(n_embd, "n_embd", 1)
        n_hidden = as_int(n_hidden, "n_hidden", 1)
        if len(set(characters)) < len(characters) or not characters:
            raise ValueError(f"characters must be different letters, 1 or more: {characters!r:.60}")
        self.characters, self.context_size = list(characters), context_size
        self.END = len(self.characters)
        self.n_embd, self.n_hidden = n_embd, n_hidden
        self.rng = rng
        self.weights = self.init_weights(rng)

    def init_weights(self, rng: Random) -> Weights:
        """Random numbers, each matrix as width as keeps its sums near 1; biases are 0.

        What belongs to a letter is drawn in the order of the alphabet, not of the ids: letters that
        are numbered in another way are the same letters.
        """
        alphabet = [*sorted(self.characters), "end"]
        rows = [alphabet.index(token) for token in [*self.characters, "end"]]

        def draw(rows: int, columns: int, std: float) -> list[list[float]]:
            return [[rng.gauss(0, std) for _ in range(columns)] for _ in range(rows)]

        width = self.context_size * self.n_embd
        wte = draw(len(alphabet), self.n_embd, 1.0)
        w1 = draw(self.n_hidden, width, width**-0.5)
        w2 = draw(len(alphabet), self.n_hidden, 0.1 * self.n_hidden**-0.5)  # first loss: ln V
        return {
            "wte": [wte[place] for place in rows],  # (V, n_embd)
            "w1": w1,  # (n_hidden, context_size * n_embd)
            "b1": [[0.0] * self.n_hidden],
            "w2": [w2[place] for place in rows],  # (V, n_hidden)
            "b2": [[0.0] * len(alphabet)],
        }

    def encode(self, text: str) -> list[int]:
        """Ids of the letters. Raises ValueError for one that it does not know."""
        unknown = sorted(set(text) - set(self.characters))
        if unknown:
            raise ValueError(
                f"{text!r} has {unknown[0]!r}, which this MLP does not know. "
                f"Known: {''.join(self.characters)!r:.80}."
            )
        return [self.characters.index(character) for character in text]

    def examples(self, document: str) -> list[tuple[list[int], int]]:
        """What is context and what comes next, for each letter of a text and for its end."""
        ids = [self.END] * self.context_size + [*self.encode(document), self.END]
        return [
            (ids[i : i + self.context_size], ids[i + self.context_size])
            for i in range(len(document) + 1)
        ]

    def embedding(self, token: int) -> list[float]:
        """The numbers that stand for a letter. Shapes: -> (n_embd,)."""
        return self.weights["wte"][token]

    def forward(self, context: Sequence[int]) -> tuple[list[float], list[float], list[float]]:
        """Shapes: context (context_size,) -> x (context_size * n_embd,), hidden (n_hidden,),
        logits (V,).
        """
        x = [number for token in context for number in self.embedding(token)]
        w1, (b1,), w2, (b2,) = (self.weights[name] for name in ("w1", "b1", "w2", "b2"))
        hidden = [tanh(dot(row, x) + b) for row, b in zip(w1, b1)]
        return x, hidden, [dot(row, hidden) + b for row, b in zip(w2, b2)]

    def loss(self, document: str) -> float:
        """Mean cross_entropy over the letters of a text and its end. Units: nats per token."""
        examples = self.examples(document)
        return sum(
            cross_entropy(self.forward(context)[2], target) for context, target in examples
        ) / len(examples)

    def grads(self, document: str) -> Weights:
        """How fast the loss of a text grows with each weight, by calculus. Shapes: as `weights`."""
        grads = {name: [[0.0] * len(row) for row in m] for name, m in self.weights.items()}
        examples = self.examples(document)
        for context, target in examples:
            self.accumulate_grads(grads, context, target, 1 / len(examples))
        return grads

    def accumulate_grads(
        self, grads: Weights, context: Sequence[int], target: int, share: float
    ) -> None:
        """The grads of one letter's cross_entropy, walked back from the logits to the wte."""
        x, hidden, logits = self.forward(context)
        dlogits = [share * grad for grad in cross_entropy_grad(logits, target)]  # said minus was
        dhidden = linear_backward(grads["w2"], grads["b2"][0], self.weights["w2"], hidden, dlogits)
        dsums = [grad * (1 - h * h) for grad, h in zip(dhidden, hidden)]  # tanh: 1 - output^2
        dx = linear_backward(grads["w1"], grads["b1"][0], self.weights["w1"], x, dsums)
        for place, token in enumerate(context):
            row = grads["wte"][token]
            for i in range(len(row)):
                row[i] += dx[place * len(row) + i]  # Trap: =, for a letter may be context twice

    def numerical_grad(self, document: str, name: str, row: int, column: int) -> float:
        """The grad of the loss for one weight, without any calculus."""
        numbers = self.weights[name][row]
        here = numbers[column]

        def loss_at(number: float) -> float:
            numbers[column] = number
            return self.loss(document)

        try:
            return central_difference(loss_at, here)
        finally:
            numbers[column] = here  # or the next grad is taken from another place

    def sgd_step(self, grads: Weights, learning_rate: float) -> None:
        """One step of descent: every weight against its grad."""
        for name, matrix in self.weights.items():
            for row, of_row in zip(matrix, grads[name]):
                for i, grad in enumerate(of_row):
                    row[i] -= learning_rate * grad

    def train(
        self, documents: Sequence[str], steps: int = 1000, learning_rate: float = 0.3
    ) -> Iterator[UpdateRecord]:
        """Stochastic gradient descent: one text for each step, at a rate that falls to 0.

        Yields a `UpdateRecord` after each; draws and prints nothing.
        """
        documents = list(documents)
        steps = as_int(steps, "steps", 1)
        learning_rate = as_finite(learning_rate, "learning_rate")
        if not documents:
            raise ValueError("documents is empty: there must be 1 text or more to learn from.")
        for s in range(steps):
            document = documents[s % len(documents)]
            loss = self.loss(document)
            self.sgd_step(self.grads(document), learning_rate * (1 - s / steps))
            yield UpdateRecord(s + 1, document, loss)

    def next_probabilities(self, prefix: str = "", temperature: float = 1.0) -> dict[str, float]:
        """How likely each letter is after `prefix`; `end` is the end of the text."""
        context = ([self.END] * self.context_size + self.encode(prefix))[-self.context_size :]
        probs = next_probabilities(self.forward(context)[2], temperature)
        return dict(zip([*self.characters, "end"], probs))

    def sample(self, n: int = 20, temperature: float = 1.0, rng: Random | None = None) -> list[str]:
        """`n` invented texts."""
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.generate_one(temperature, rng or self.rng) for _ in range(n)]

    def generate_one(self, temperature: float, rng: Random) -> str:
        """One text, letter by letter, until its end or until it is long."""
        ids = [self.END] * self.context_size
        while len(ids) < self.context_size + MAX_LENGTH:
            token = next_token(self.forward(ids[-self.context_size :])[2], temperature, rng=rng)
            if token == self.END:
                break
            ids.append(token)
        return "".join(self.characters[token] for token in ids[self.context_size :])


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Multiply pairwise and add up. Shapes: (n,), (n,) -> one number."""
    return sum([x * y for x, y in zip(a, b)])


def linear_backward(dw, db, w, x, dout) -> list[float]:
    """Back through out = w x + b: add to the grads of w and b, give back the grads of x.

    A weight is worth what it was multiplied with times what its output is worth; so is x.
    Shapes: dw, w (m, n), db, dout (m,), x (n,) -> (n,).
    """
    dx = [0.0] * len(x)
    for i, (row, of_row, grad) in enumerate(zip(w, dw, dout)):
        db[i] += grad
        for j, xj in enumerate(x):
            of_row[j] += grad * xj
            dx[j] += grad * row[j]
    return dx
