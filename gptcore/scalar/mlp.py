"""An MLP that predicts the next letter from the last two, its slopes found in two ways.

Layer 1 of the onion, second half. A vector for each letter, a hidden layer, a logit for each letter
that may come; slopes by tiny steps (any program's) and by calculus (this one's, written out);
stochastic gradient descent. Left out on purpose: Value. Here every slope has its own line of
algebra, and whoever adds a layer has to find new ones.
Source: Bengio, Ducharme, Vincent, Jauvin 2003, "A Neural Probabilistic Language Model".
"""

from collections.abc import Iterator, Sequence
from math import tanh
from random import Random

from gptcore.checks import as_finite, as_int
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar.logits import surprise, surprise_slopes
from gptcore.scalar.step import Step
from gptcore.scalar.tiny_steps import central_difference

Weights = dict[str, list[list[float]]]
LONGEST = 16  # letters of an invented text; the same as microgpt's


class MLP:
    """Weights, and what is computed with them.

    Its ids are the places in `characters`; one more, the last, is the end (and the beginning).
    Raises:  ValueError for sizes below 1, or a letter twice.
    Example: mlp = MLP("abem", rng=Random(1)); list(mlp.train(["emma"], steps=100))
    """

    def __init__(
        self,
        characters: str | Sequence[str],
        context: int = 2,
        n_embd: int = 4,
        n_hidden: int = 16,
        *,
        rng: Random,
    ):
        context, n_embd = as_int(context, "context", 1), as_int(n_embd, "n_embd", 1)
        n_hidden = as_int(n_hidden, "n_hidden", 1)
        if len(set(characters)) < len(characters) or not characters:
            raise ValueError(f"characters must be different letters, 1 or more: {characters!r:.60}")
        self.characters, self.context = list(characters), context
        self.END = len(self.characters)
        self.n_embd, self.n_hidden = n_embd, n_hidden
        self.rng = rng
        self.weights = self.first_weights(rng)

    def first_weights(self, rng: Random) -> Weights:
        """Random numbers, each matrix as wide as keeps its sums near 1; biases are 0.

        What belongs to a letter is drawn in the order of the alphabet, not of the ids: letters that
        are numbered in another way are the same letters.
        """
        alphabet = [*sorted(self.characters), "end"]
        places = [alphabet.index(token) for token in [*self.characters, "end"]]

        def draw(rows: int, columns: int, std: float) -> list[list[float]]:
            return [[rng.gauss(0, std) for _ in range(columns)] for _ in range(rows)]

        wide = self.context * self.n_embd
        vectors = draw(len(alphabet), self.n_embd, 1.0)
        w1 = draw(self.n_hidden, wide, wide**-0.5)
        w2 = draw(len(alphabet), self.n_hidden, 0.1 * self.n_hidden**-0.5)  # first loss: ln V
        return {
            "vectors": [vectors[place] for place in places],  # (V, n_embd)
            "w1": w1,  # (n_hidden, context * n_embd)
            "b1": [[0.0] * self.n_hidden],
            "w2": [w2[place] for place in places],  # (V, n_hidden)
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
        """What is seen and what comes next, for each letter of a text and for its end."""
        ids = [self.END] * self.context + [*self.encode(document), self.END]
        return [
            (ids[i : i + self.context], ids[i + self.context]) for i in range(len(document) + 1)
        ]

    def vector(self, token: int) -> list[float]:
        """The numbers that stand for a letter. Shapes: -> (n_embd,)."""
        return self.weights["vectors"][token]

    def forward(self, seen: Sequence[int]) -> tuple[list[float], list[float], list[float]]:
        """Shapes: seen (context,) -> x (context * n_embd,), hidden (n_hidden,), logits (V,)."""
        x = [number for token in seen for number in self.vector(token)]
        w1, (b1,), w2, (b2,) = (self.weights[name] for name in ("w1", "b1", "w2", "b2"))
        hidden = [tanh(dot(row, x) + b) for row, b in zip(w1, b1)]
        return x, hidden, [dot(row, hidden) + b for row, b in zip(w2, b2)]

    def loss(self, document: str) -> float:
        """Mean surprise over the letters of a text and its end. Units: nats per token."""
        examples = self.examples(document)
        return sum(surprise(self.forward(seen)[2], then) for seen, then in examples) / len(examples)

    def slopes(self, document: str) -> Weights:
        """How fast the loss of a text grows with each weight, by calculus. Shapes: as `weights`."""
        slopes = {name: [[0.0] * len(row) for row in m] for name, m in self.weights.items()}
        examples = self.examples(document)
        for seen, then in examples:
            self.add_slopes(slopes, seen, then, 1 / len(examples))
        return slopes

    def add_slopes(self, slopes: Weights, seen: Sequence[int], then: int, share: float) -> None:
        """The slopes of one letter's surprise, walked back from the logits to the vectors."""
        x, hidden, logits = self.forward(seen)
        of_logits = [share * slope for slope in surprise_slopes(logits, then)]  # said minus was
        of_hidden = add_layer(slopes["w2"], slopes["b2"][0], self.weights["w2"], hidden, of_logits)
        of_sums = [slope * (1 - h * h) for slope, h in zip(of_hidden, hidden)]  # tanh: 1 - output^2
        of_x = add_layer(slopes["w1"], slopes["b1"][0], self.weights["w1"], x, of_sums)
        for place, token in enumerate(seen):
            row = slopes["vectors"][token]
            for i in range(len(row)):
                row[i] += of_x[place * len(row) + i]  # Trap: =, for a letter may be seen twice

    def slope_by_tiny_steps(self, document: str, name: str, row: int, column: int) -> float:
        """The slope of the loss for one weight, without any calculus."""
        numbers = self.weights[name][row]
        here = numbers[column]

        def loss_at(number: float) -> float:
            numbers[column] = number
            return self.loss(document)

        try:
            return central_difference(loss_at, here)
        finally:
            numbers[column] = here  # or the next slope is taken from another place

    def move(self, slopes: Weights, learning_rate: float) -> None:
        """One step of descent: every weight against its slope."""
        for name, matrix in self.weights.items():
            for row, of_row in zip(matrix, slopes[name]):
                for i, slope in enumerate(of_row):
                    row[i] -= learning_rate * slope

    def train(
        self, documents: Sequence[str], steps: int = 1000, learning_rate: float = 0.3
    ) -> Iterator[Step]:
        """Stochastic gradient descent: one text for each step, at a rate that falls to 0.

        Yields a `Step` after each; draws and prints nothing.
        """
        documents = list(documents)
        steps = as_int(steps, "steps", 1)
        learning_rate = as_finite(learning_rate, "learning_rate")
        if not documents:
            raise ValueError("documents is empty: there must be 1 text or more to learn from.")
        for s in range(steps):
            document = documents[s % len(documents)]
            loss = self.loss(document)
            self.move(self.slopes(document), learning_rate * (1 - s / steps))
            yield Step(s + 1, document, loss)

    def next_probabilities(self, beginning: str = "", temperature: float = 1.0) -> dict[str, float]:
        """How likely each letter is after `beginning`; `end` is the end of the text."""
        seen = ([self.END] * self.context + self.encode(beginning))[-self.context :]
        probs = next_probabilities(self.forward(seen)[2], temperature)
        return dict(zip([*self.characters, "end"], probs))

    def sample(self, n: int = 20, temperature: float = 1.0, rng: Random | None = None) -> list[str]:
        """`n` invented texts."""
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.invent(temperature, rng or self.rng) for _ in range(n)]

    def invent(self, temperature: float, rng: Random) -> str:
        """One text, letter by letter, until its end or until it is long."""
        ids = [self.END] * self.context
        while len(ids) < self.context + LONGEST:
            token = next_token(self.forward(ids[-self.context :])[2], temperature, rng=rng)
            if token == self.END:
                break
            ids.append(token)
        return "".join(self.characters[token] for token in ids[self.context :])


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Multiply pairwise and add up. Shapes: (n,), (n,) -> one number."""
    return sum([x * y for x, y in zip(a, b)])


def add_layer(of_w, of_b, w, x, of_out) -> list[float]:
    """Back through out = w x + b: add to the slopes of w and b, give back the slopes of x.

    A weight is worth what it was multiplied with times what its output is worth; so is x.
    Shapes: of_w, w (m, n), of_b, of_out (m,), x (n,) -> (n,).
    """
    of_x = [0.0] * len(x)
    for i, (row, of_row, slope) in enumerate(zip(w, of_w, of_out)):
        of_b[i] += slope
        for j, xj in enumerate(x):
            of_row[j] += slope * xj
            of_x[j] += slope * row[j]
    return of_x
