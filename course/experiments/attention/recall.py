"""The recall task of lesson 6, the small GPTs that learn it, and what they lose without a part."""

from collections.abc import Sequence
from math import exp
from random import Random
from re import fullmatch
from string import ascii_lowercase
from typing import Any

import numpy as np

from gptcore.corpus import load_documents
from gptcore.ladder import NumpyGPT, forward, loss_of
from gptcore.scalar import MicroConfig

HELD_AT_ZERO = {
    "attention": "0.wo",  # what attention adds is zero
    "queries": "0.wq",  # every score is zero, so all weights are equal
    "positions": "wpe",
}
FORM = "[a-z]{4}[1-4][a-z]"


def recall_texts(*numbers: int) -> list[list[str]]:
    """Lists of texts: four different letters, a digit, and the letter at that place.

    Args:
        numbers: The length of each list.

    Example:
        >>> recall_texts(2, 1)
        [['mynb3n', 'qpmz3m'], ['plsg2l']]
    """
    rng = Random(0)

    def one() -> str:
        letters, place = rng.sample(ascii_lowercase, 4), rng.randint(1, 4)
        return "".join(letters) + str(place) + letters[place - 1]

    return [[one() for _ in range(number)] for number in numbers]


def has_form(text: str) -> bool:
    """Whether a text is four letters, a digit from 1 to 4, and a letter."""
    return bool(fullmatch(FORM, text))


def train(texts: list[str], seed: int, *, without: str = "", n_head: int = 4) -> NumpyGPT:
    """Train a small GPT for one step on each text.

    Args:
        texts: What it reads.
        seed: Seed of its parameters.
        without: A part that never works: "attention", "queries" (attention takes the plain
            average), "positions"; or nothing.
        n_head: Number of heads.

    Returns:
        The model.
    """
    gpt = NumpyGPT(texts, MicroConfig(n_head=n_head), seed=seed)
    for _ in gpt.train(len(texts)):
        if without:
            gpt.weights[HELD_AT_ZERO[without]][:] = 0
    return gpt


def accuracy(models: NumpyGPT | Sequence[NumpyGPT], texts: list[str], **changes: Any) -> float:
    """How often the last letter is right.

    Args:
        models: A model, or several for their mean.
        texts: Recall texts.
        **changes: Keyword arguments of `forward` that change the model.

    Returns:
        A number from 0 to 1.
    """
    models = [models] if isinstance(models, NumpyGPT) else models
    right = 0
    for gpt in models:
        for ids in map(gpt.encode, texts):
            logits = forward(ids[:6], gpt.weights, gpt.config.n_head, **changes).logits[-1]
            right += int(logits.argmax() == ids[6])
    return right / len(texts) / len(models)


def mean_loss(models: Sequence[NumpyGPT], texts: list[str], **changes: Any) -> float:
    """The loss of some models on some texts, in the mean.

    Args:
        models: One or more models.
        texts: What they read.
        **changes: Keyword arguments of `forward` that change the models.

    Returns:
        Nats per token; each text counts the same.
    """
    losses = [
        loss_of(gpt.encode(text), gpt.weights, gpt.config.n_head, **changes)
        for gpt in models
        for text in texts
    ]
    return sum(losses) / len(losses)


def attention_input(gpt: NumpyGPT, text: str) -> np.ndarray:
    """The vectors that enter the attention of block 0: embeddings, added and normalised twice.

    Args:
        gpt: The model.
        text: What it reads.

    Returns:
        Shape (T, C); one row for BOS and for each character.
    """
    ids = gpt.encode(text)[:-1]
    x = gpt.weights["wte"][ids] + gpt.weights["wpe"][: len(ids)]
    for _ in range(2):
        x = x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + 1e-5)
    return x


def largest_weight(D: int, divide_by: float, tries: int = 1000) -> float:
    """The largest attention weight of a random query over 16 random keys, in the mean.

    Args:
        D: Length of the query and of each key.
        divide_by: The scores are divided by this.
        tries: How many queries.

    Example:
        >>> largest_weight(64, divide_by=1e9, tries=1)  # all weights are equal
        0.0625
    """
    rng, total = Random(0), 0.0
    for _ in range(tries):
        q = [rng.gauss(0, 1) for _ in range(D)]
        scores = [sum(number * rng.gauss(0, 1) for number in q) / divide_by for _ in range(16)]
        total += 1 / sum(exp(score - max(scores)) for score in scores)
    return round(total / tries, 4)


def accuracy_by_head(gpt: NumpyGPT, texts: list[str]) -> tuple[list[float], list[float]]:
    """How often the last letter is right without each head, and with each head alone.

    Args:
        gpt: A model with one layer.
        texts: Recall texts.

    Returns:
        Two lists with a rounded number for each head.
    """
    heads = {(0, head) for head in range(gpt.config.n_head)}
    without = [accuracy(gpt, texts, ablated_heads={head}) for head in sorted(heads)]
    only_one = [accuracy(gpt, texts, ablated_heads=heads - {head}) for head in sorted(heads)]
    return [round(share, 1) for share in without], [round(share, 1) for share in only_one]


def names_without(seeds: Sequence[int]) -> dict[str, float]:
    """How much the loss of models on unseen names rises without a part.

    Each model learns from 2,407 names, one step each; 200 other names are predicted.

    Args:
        seeds: One model for each seed; the losses are means over all of them.

    Returns:
        What is changed -> nats per token, rounded to hundredths.
    """
    names = load_documents("names")
    Random(1).shuffle(names)
    unseen, seen = names[:200], names[200:]
    trained = [train(seen, seed) for seed in seeds]
    never_had = [train(seen, seed, without="positions") for seed in seeds]
    heads = {(0, head) for head in range(4)}
    losses = {
        "all heads ablated": mean_loss(trained, unseen, ablated_heads=heads),
        "positions ablated": mean_loss(trained, unseen, use_positions=False),
        "trained without positions": mean_loss(never_had, unseen),
    }
    before = mean_loss(trained, unseen)
    return {change: abs(round(loss - before, 2)) for change, loss in losses.items()}
