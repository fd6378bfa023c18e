"""An MLP that predicts the next letter from the last two, with gradients in two ways.

An embedding for each letter, a hidden layer, a logit for each letter that may follow. Gradients
come
from small steps (for any program) and from calculus (for this one); training is stochastic gradient
descent. Every gradient has its own line here: a new layer needs new ones, which `Value` avoids.
Source: Bengio, Ducharme, Vincent, Jauvin 2003, "A Neural Probabilistic Language Model".
"""

from collections.abc import Iterator, Sequence
from math import tanh
from random import Random

from gptcore.checks import as_finite, as_int
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar.characters import encode_characters
from gptcore.scalar.logits import cross_entropy, cross_entropy_grad
from gptcore.scalar.numerical_gradient import central_difference
from gptcore.scalar.update_record import UpdateRecord

Matrix = list[list[float]]
Weights = dict[str, Matrix]
MAX_LENGTH = 16  # letters of a sample, as in microgpt


class MLP:
    """A small neural network and what is computed with it.

    Token ids are indices into `characters`; one more, `END`, is the start and the end of a text.

    Args:
        characters: Different letters.
        context_size: Letters that it sees.
        n_embd: Numbers that describe a letter.
        n_hidden: Numbers in the hidden layer.
        rng: Draws the initial weights and, by default, samples.

    Raises:
        ValueError: For sizes below 1, or a letter twice.

    Example:
        >>> mlp = MLP("abem", rng=Random(1))
        >>> records = list(mlp.train(["emma"], steps=100))
        >>> mlp.sample(1, temperature=0)
        ['emma']
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
        if len(set(characters)) < len(characters) or not characters:
            raise ValueError(f"characters must be different letters, 1 or more: {characters!r:.60}")
        self.characters = list(characters)
        self.context_size = as_int(context_size, "context_size", 1)
        self.n_embd, self.n_hidden = as_int(n_embd, "n_embd", 1), as_int(n_hidden, "n_hidden", 1)
        self.END = len(self.characters)
        self.rng = rng
        self.weights = self.init_weights(rng)

    def init_weights(self, rng: Random) -> Weights:
        """Random weights, scaled so that the sums of each layer are near 1; biases are 0.

        Rows of letters are drawn in the order of the alphabet, not of the ids: the same letters
        with other ids get the same numbers.

        Args:
            rng: Source of randomness.
        """
        alphabet = [*sorted(self.characters), "end"]
        order = [alphabet.index(token) for token in [*self.characters, "end"]]

        def draw(rows: int, columns: int, std: float) -> Matrix:
            return [[rng.gauss(0, std) for _ in range(columns)] for _ in range(rows)]

        n_inputs = self.context_size * self.n_embd
        wte = draw(len(alphabet), self.n_embd, 1.0)
        w1 = draw(self.n_hidden, n_inputs, n_inputs**-0.5)
        w2 = draw(len(alphabet), self.n_hidden, 0.1 * self.n_hidden**-0.5)  # first loss: ln V
        return {
            "wte": [wte[row] for row in order],  # (V, n_embd)
            "w1": w1,  # (n_hidden, context_size * n_embd)
            "b1": [[0.0] * self.n_hidden],
            "w2": [w2[row] for row in order],  # (V, n_hidden)
            "b2": [[0.0] * len(alphabet)],
        }

    def encode(self, text: str) -> list[int]:
        """Token ids of a text.

        Args:
            text: Known letters only.

        Raises:
            ValueError: For an unknown letter.
        """
        return encode_characters(text, self.characters, "this MLP")

    def examples(self, document: str) -> list[tuple[list[int], int]]:
        """Context and target of each letter and of the end.

        Args:
            document: Known letters only.
        """
        size = self.context_size
        ids = [self.END] * size + [*self.encode(document), self.END]
        return [(ids[i : i + size], ids[i + size]) for i in range(len(document) + 1)]

    def embedding(self, token: int) -> list[float]:
        """The numbers that describe a letter.

        Args:
            token: Its id.

        Returns:
            Shape (n_embd,).
        """
        return self.weights["wte"][token]

    def forward(self, context: Sequence[int]) -> tuple[list[float], list[float], list[float]]:
        """Run the network.

        Args:
            context: Token ids, shape (context_size,).

        Returns:
            The embeddings side by side, shape (context_size * n_embd,); the hidden layer, shape
            (n_hidden,); the logits, shape (V,).
        """
        x = [number for token in context for number in self.embedding(token)]
        w1, (b1,), w2, (b2,) = (self.weights[name] for name in ("w1", "b1", "w2", "b2"))
        hidden = [tanh(dot(row, x) + b) for row, b in zip(w1, b1)]
        return x, hidden, [dot(row, hidden) + b for row, b in zip(w2, b2)]

    def loss(self, document: str) -> float:
        """Mean cross-entropy over the letters of a text and its end.

        Args:
            document: Known letters only.

        Returns:
            Nats per token.
        """
        losses = [
            cross_entropy(self.forward(context)[2], target)
            for context, target in self.examples(document)
        ]
        return sum(losses) / len(losses)

    def grads(self, document: str) -> Weights:
        """The gradient of the loss for each weight, by calculus.

        Args:
            document: Known letters only.

        Returns:
            Gradients under the names and with the shapes of `weights`.
        """
        grads = {name: [[0.0] * len(row) for row in m] for name, m in self.weights.items()}
        examples = self.examples(document)
        for context, target in examples:
            self.accumulate_grads(grads, context, target, 1 / len(examples))
        return grads

    def accumulate_grads(
        self, grads: Weights, context: Sequence[int], target: int, scale: float
    ) -> None:
        """Add the gradients of one prediction, from the logits back to the embeddings.

        Args:
            grads: Added to.
            context: Token ids, shape (context_size,).
            target: The token id that follows.
            scale: Factor of the loss of this prediction.
        """
        x, hidden, logits = self.forward(context)
        dlogits = [scale * grad for grad in cross_entropy_grad(logits, target)]
        dhidden = linear_backward(grads["w2"], grads["b2"][0], self.weights["w2"], hidden, dlogits)
        dsums = [grad * (1 - h * h) for grad, h in zip(dhidden, hidden)]  # tanh: 1 - output^2
        dx = linear_backward(grads["w1"], grads["b1"][0], self.weights["w1"], x, dsums)
        for position, token in enumerate(context):
            row = grads["wte"][token]
            for i in range(len(row)):
                row[i] += dx[position * len(row) + i]  # Trap: `=`, when a letter is there twice

    def numerical_grad(self, document: str, name: str, row: int, column: int) -> float:
        """The gradient of the loss for one weight, by small steps.

        Args:
            document: Known letters only.
            name: Of the matrix in `weights`.
            row: Of the weight.
            column: Of the weight.
        """
        numbers = self.weights[name][row]
        original = numbers[column]

        def loss_at(number: float) -> float:
            numbers[column] = number
            return self.loss(document)

        try:
            return central_difference(loss_at, original)
        finally:
            numbers[column] = original  # or the next gradient is taken at another point

    def sgd_step(self, grads: Weights, learning_rate: float) -> None:
        """One step of gradient descent.

        Args:
            grads: As `MLP.grads` returns them.
            learning_rate: Multiplies the gradients.
        """
        for name, matrix in self.weights.items():
            for row, grad_row in zip(matrix, grads[name]):
                for i, grad in enumerate(grad_row):
                    row[i] -= learning_rate * grad

    def train(
        self, documents: Sequence[str], steps: int = 1000, learning_rate: float = 0.3
    ) -> Iterator[UpdateRecord]:
        """Stochastic gradient descent, one text for each step.

        Args:
            documents: Texts, 1 or more.
            steps: Updates, 1 or more.
            learning_rate: Falls linearly to 0.

        Yields:
            A record after each update.

        Raises:
            ValueError: If there are no documents or no steps.
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
        """How likely each letter is after `prefix`; `end` is the end of the text.

        Args:
            prefix: The text so far.
            temperature: Divides the logits.
        """
        context = ([self.END] * self.context_size + self.encode(prefix))[-self.context_size :]
        probs = next_probabilities(self.forward(context)[2], temperature)
        return dict(zip([*self.characters, "end"], probs))

    def sample(self, n: int = 20, temperature: float = 1.0, rng: Random | None = None) -> list[str]:
        """Generate texts, each until its end or until 16 letters.

        Args:
            n: Number of texts.
            temperature: Divides the logits; 0 takes the likeliest letter.
            rng: Source of randomness; by default that of the model.
        """
        n = as_int(n, "n", 0, "it is the number of samples")
        return [self.generate_one(temperature, rng or self.rng) for _ in range(n)]

    def generate_one(self, temperature: float, rng: Random) -> str:
        """Generate one text.

        Args:
            temperature: As in `sample`.
            rng: Source of randomness.
        """
        ids = [self.END] * self.context_size
        while len(ids) < self.context_size + MAX_LENGTH:
            token = next_token(self.forward(ids[-self.context_size :])[2], temperature, rng=rng)
            if token == self.END:
                break
            ids.append(token)
        return "".join(self.characters[token] for token in ids[self.context_size :])


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """Dot product: (n,), (n,) -> one number."""
    return sum([x * y for x, y in zip(a, b)])


def linear_backward(
    dw: Matrix, db: list[float], w: Matrix, x: list[float], dout: list[float]
) -> list[float]:
    """Backward pass of out = w x + b: add to dw and db, return dx.

    dw, w are (m, n); db, dout (m,); x, dx (n,).
    """
    dx = [0.0] * len(x)
    for i, (row, dw_row, grad) in enumerate(zip(w, dw, dout)):
        db[i] += grad
        for j, xj in enumerate(x):
            dw_row[j] += grad * xj
            dx[j] += grad * row[j]
    return dx
