"""What lesson 9 trains: a GPT of one block on stories, and one that overfits 100 names."""

from collections.abc import Callable, Iterable
from math import log
from random import Random

import torch
from torch import Tensor

from course.checkpoint import loss_on, one_row
from gptcore.corpus import load_documents
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer
from viz import draw_loss
from viz.canvas.picture import Picture

STORY_LETTERS, NAME_LETTERS = 58, 28  # vocabulary sizes
MEASURE_EVERY = 25  # steps
Curves = dict[str, tuple[list[int], list[float]]]
Learn = Callable[..., Iterable[tuple[int, float]]]


def new_gpt(seed: int = 1, scale: float = 1.0) -> GPT:
    """An untrained GPT for the letters of the stories: L = 1, H = 4, C = 64, T = 32.

    Args:
        seed: Seed of the initial weights.
        scale: Factor of all initial weights; 1 is GPT-2's initialisation.

    Returns:
        The model.
    """
    sizes = GPTConfig(block_size=32, vocab_size=STORY_LETTERS, n_layer=1, n_head=4, n_embd=64)
    gpt = GPT(sizes, torch.Generator().manual_seed(seed))
    for weight in gpt.parameters():
        weight.data *= scale
    return gpt


def means_of_ten(history: Iterable[tuple[int, float]]) -> tuple[list[int], list[float]]:
    """The mean loss of every ten steps, as a curve for `draw_loss`."""
    losses = torch.tensor([loss for _, loss in history]).view(-1, 10)
    return list(range(10, losses.numel() + 1, 10)), losses.mean(1).tolist()


def write_story(gpt: GPT, tokenizer: CharTokenizer, seed: int = 3) -> str:
    """The first 160 letters of a story, at a temperature of 0.7."""
    ids = generate_cached(
        gpt, [tokenizer.BOS], 160, temperature=0.7, stop=tokenizer.BOS, seed=seed, stride=16
    )
    return tokenizer.decode(list(ids))


def overfit_names(learn: Learn, *, dropout: float = 0.0, steps: int = 600) -> Curves:
    """Train a GPT on 100 names, and measure it on 100 others.

    Args:
        learn: The lesson's training loop, called with (gpt, ids, steps=, rate=).
        dropout: Probability with which an activation is set to 0 in training.
        steps: Number of updates.

    Returns:
        Steps and losses, in nats per letter, of "training" and "validation".
    """
    names = load_documents("names")
    tokenizer, some = CharTokenizer.train(names), Random(1).sample(names, 200)
    splits: dict[str, Tensor] = {
        "training": one_row(some[:100], tokenizer),
        "validation": one_row(some[100:], tokenizer),
    }
    torch.manual_seed(1)
    gpt = GPT(GPTConfig(16, NAME_LETTERS, n_layer=2, n_head=4, n_embd=32, dropout=dropout))
    curves: Curves = {name: ([], []) for name in splits}
    for step, _ in learn(gpt, splits["training"], steps=steps, rate=0.01):
        if step % MEASURE_EVERY == MEASURE_EVERY - 1:
            for name, ids in splits.items():
                curves[name][0].append(step)
                curves[name][1].append(loss_on(gpt, ids))
    return curves


def draw_names(curves: Curves, title: str) -> Picture:
    """Draw what `overfit_names` measured; the words name no digit, which a processor may change."""
    uniform = log(NAME_LETTERS)
    picture = draw_loss(curves, title=title, lines={"ln 28": round(uniform, 2)})
    end = "below" if curves["validation"][1][-1] < uniform else "above"
    picture.alt = f"{title}: the validation loss ends {end} ln 28."
    return picture
