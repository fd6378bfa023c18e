"""names-gpt: the model from which short lists start, trained on 29,494 given names.

`python -m course.checkpoint names-gpt` makes it again: about two minutes of one core. The names are
those of `names-ssa` in the manifest, which is downloaded.
"""

from collections.abc import Iterator
from pathlib import Path

import torch

from gptcore.corpus import load_documents
from gptcore.own_gpt import plan, train_lines

FOLDER, TOKENIZER = "names-gpt", "tokenizer.json"
STEPS, SEED = 3_000, 1


def make(folder: Path, steps: int = STEPS) -> Iterator[str]:
    """Train the model, store it in `folder`, and yield lines of a report.

    Args:
        folder: Where.
        steps: Updates of the weights.
    """
    torch.set_num_threads(1)  # several threads would wait for each other
    names = load_documents("names-ssa")
    every = min(250, steps)
    recipe = plan(names, max_steps=steps, eval_every=every, patience=steps, seed=SEED)
    training = train_lines(names, recipe)
    for step in training:
        if step.val_loss is not None:
            yield f"step {step.step:,} / {steps:,}   held-out loss {step.val_loss:.3f}"
    training.model.half().save(folder)  # half the bytes; the loss does not change visibly
    training.tokenizer.save(folder / TOKENIZER)
    yield f"{training.best_loss:.3f} nats per token of {len(training.held_out):,} other names"
