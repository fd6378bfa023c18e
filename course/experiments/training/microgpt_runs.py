"""Runs of microgpt that lesson 7 looks at: recorded, in several sizes, and against counting."""

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from numpy import ndarray

from gptcore.corpus import load_documents
from gptcore.ladder import NumpyGPT, forward, loss_of, weights_of
from gptcore.next_token import next_probabilities, next_token
from gptcore.scalar import MicroConfig, MicroGPT, NgramTable
from viz import SamplingDial

RECORDED_STEPS = (10, 30, 100, 300, 1000)
HEADS, LAYERS = [1, 4, 16], [1, 2]
SMOOTHING = (1, 0.3, 0.1, 0.03)
# The losses of the first 13 steps, as published with the program.
PUBLISHED = (
    *(3.3660, 3.4243, 3.1778, 3.0664, 3.2209, 2.9452, 3.2894),
    *(3.3245, 2.8990, 3.2229, 2.7964, 2.9345, 3.0544),
)


def loss_of_run(losses: Sequence[float]) -> float:
    """The mean loss of the last 500 steps: the loss of one name is noise.

    Args:
        losses: The losses of all steps.

    Example:
        >>> loss_of_run([9.0] * 500 + [2.0] * 500)
        2.0
    """
    last = losses[-500:]
    return sum(last) / len(last)


def recorded_run(names: list[str]) -> tuple[MicroGPT, list[float], dict[int, dict[str, Any]]]:
    """Train the published model for 1,000 steps, and record six times what it does.

    Args:
        names: What it reads.

    Returns:
        The model, the losses of all steps, and the records of some steps for `TrainingScrubber`.
    """
    run = NumpyGPT(names, seed=42)
    losses, records = [], {0: record(run.scalar())}
    for step in run.train(1000):
        losses.append(step.loss)
        if step.step in RECORDED_STEPS:
            records[step.step] = record(run.scalar())
    return run.scalar(), losses, records


def record(gpt: MicroGPT) -> dict[str, Any]:
    """What `TrainingScrubber` shows of a model: samples, one head on `emma`, the next letter."""
    inside = forward([gpt.BOS, *gpt.encode("emma")], weights_of(gpt), gpt.config.n_head)
    return {
        "samples": gpt.sample(12, rng=Random(1)),
        "attention": inside.weights[0, 1],
        "tokens": ["[BOS]", *"emma"],
        "probabilities": gpt.next_probabilities("emm"),
    }


def logits_after(gpt: MicroGPT, text: str, **changes: Any) -> ndarray:
    """The logits for the letter after a text.

    Args:
        gpt: The model.
        text: What follows BOS.
        **changes: Keyword arguments of `forward` that change the model.

    Returns:
        Shape (V,).
    """
    ids = [gpt.BOS, *gpt.encode(text)]
    return forward(ids, weights_of(gpt), gpt.config.n_head, **changes).logits[-1]


def attribution(gpt: MicroGPT, text: str) -> dict[str, ndarray]:
    """What each part of the residual stream adds to the logits after a text.

    Args:
        gpt: A model with one block.
        text: What follows BOS.

    Returns:
        Name of the part -> shape (V,); their sum is the logits.
    """
    weights = weights_of(gpt)
    inside = forward([gpt.BOS, *gpt.encode(text)], weights, gpt.config.n_head)
    names = {"embedding": "embedding", "0 attention": "+ attention", "0 mlp": "+ MLP"}
    terms = inside.residual_terms.items()
    return {names[part]: weights["lm_head"] @ added[-1] for part, added in terms}


class Namer:
    """Writes the names that `MicroGPT.sample` writes, and computes the logits of each start once.

    Args:
        run: A trained model.
    """

    def __init__(self, run: NumpyGPT) -> None:
        self.run, self.vocab = run, [*run.gpt.characters, "end"]
        self.known: dict[str, list[float]] = {}

    def logits(self, text: str) -> list[float]:
        """The logits for the letter after a text."""
        if text not in self.known:
            ids = self.run.encode(text)[:-1]
            logits = forward(ids, self.run.weights, self.run.config.n_head).logits
            self.known[text] = logits[-1].tolist()
        return self.known[text]

    def probabilities(self, text: str, temperature: float) -> dict[str, float]:
        """Letter -> the probability that it comes next."""
        return dict(zip(self.vocab, next_probabilities(self.logits(text), temperature)))

    def name(self, temperature: float, rng: Random) -> str:
        """Sample one name, of at most block_size letters."""
        name = ""
        while len(name) < self.run.config.block_size:
            letter = self.vocab[next_token(self.logits(name), temperature, rng=rng)]
            if letter == "end":
                break
            name += letter
        return name


def sizes_dial(names: list[str]) -> tuple[dict[str, float], SamplingDial]:
    """Train models of six sizes for 1,000 steps each, and let the reader sample from them.

    Args:
        names: What they read.

    Returns:
        The loss of each run, and the control.
    """
    models, losses = {}, {}
    for n_layer in LAYERS:
        for n_head in HEADS:
            run = NumpyGPT(names, MicroConfig(n_layer=n_layer, n_head=n_head), seed=42)
            steps = [step.loss for step in run.train(1000)]
            losses[f"{n_layer} x {n_head}"] = round(loss_of_run(steps), 2)
            models[n_layer, n_head] = Namer(run)

    def write(temperature, heads, layers, how_many):
        rng, gpt = Random(1), models[layers, heads]
        return [gpt.name(temperature, rng) for _ in range(how_many)]

    def after_em(temperature, heads, layers, how_many):
        return models[layers, heads].probabilities("em", temperature)

    dial = SamplingDial(
        write,
        bars=after_em,
        known=names,
        title="After em",
        temperature=(0.1, 2.0, 0.5),
        heads=HEADS,
        layers=LAYERS,
        how_many=(2, 8, 6),
        count_option="how_many",
    )
    return losses, dial


def best_table(
    contest: Callable[[NgramTable, list[str]], float], documents: list[str], context: int
) -> float:
    """The result of a contest for the best of four amounts of smoothing.

    Args:
        contest: Called with a fresh table and the documents.
        documents: Names.
        context: How many letters the table looks at.
    """
    letters = sorted(set("".join(documents)))
    return min(contest(NgramTable(letters, context, added), documents) for added in SMOOTHING)


def many_names() -> tuple[float, float]:
    """A table of three letters and microgpt, each trained on 26,544 names of the article's list.

    Returns:
        The losses of the table and of microgpt on the other 2,950, in nats per token, as the mean
        over names.
    """
    names = sorted(set(load_documents("names-ssa")))
    Random(1).shuffle(names)
    seen, unseen = names[: len(names) * 9 // 10], names[len(names) * 9 // 10 :]
    table = NgramTable(sorted(set("".join(names))), 3, 0.1).fit(seen)
    run = NumpyGPT(seen, seed=1)
    for _ in run.train(len(seen)):
        pass
    of_gpt = [loss_of(run.encode(name), run.weights, run.config.n_head) for name in unseen]
    return sum(map(table.loss, unseen)) / len(unseen), sum(of_gpt) / len(of_gpt)
