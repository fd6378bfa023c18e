"""The reader's own text in; a model, a page and a card out."""

from pathlib import Path
from typing import Any

from IPython.display import FileLink, display

from course.experiments.own_gpt.lists import list_path
from gptcore.export import export_page
from gptcore.own_gpt import (
    LineTraining,
    best_letter_table,
    memorized_share,
    model_card,
    plan,
    read_lines,
    sample_lines,
    train_lines,
)

FOLDER = Path("my_gpt")
SAMPLES = 20


def make_my_gpt(my_text: Any, folder: Path = FOLDER) -> LineTraining | None:
    """Train a GPT of a list or file, show what it writes, and write a page and a card.

    Args:
        my_text: creatures, cities, poems, or the path of a text file; `...` does nothing.
        folder: Where page and card are written.

    Returns:
        The finished training; None if there is nothing to learn from.
    """
    if my_text is ...:
        print("my_text: not chosen yet")
        return None
    try:
        text = read_lines(list_path(str(my_text)))
        recipe = plan(text)
        training = train_lines(text, recipe)
    except ValueError as error:  # too few lines, an unknown list, a file that is no text
        print(error)
        return None
    print(f"{len(training.train):,} lines to learn from, {len(training.held_out):,} held out")
    for name, value, why in [*recipe.rows(), *(("warning", "", why) for why in recipe.warnings)]:
        print(f"    {name:10} {value:10} {why}")
    for step in training:
        if step.val_loss is not None:
            print(
                f"\rstep {step.step} of {recipe.max_steps}: held-out loss {step.val_loss:.3f}",
                end="",
            )
    print(
        f"\nkept: step {training.best_step}, held-out loss {training.best_loss:.3f} nats per letter"
    )
    show(training)
    write(training, folder, str(my_text))
    return training


def show(training: LineTraining) -> None:
    """Samples; a star marks those that are training lines."""
    known = set(training.train)
    for line in sample_lines(training.model, training.tokenizer, SAMPLES):
        print(f"  {'*' if line in known else ' '} {line}")
    print("* in the training list.", end=" ")
    print(
        memorized_share(
            training.model, training.tokenizer, training.train, training.held_out
        ).verdict
    )


def write(training: LineTraining, folder: Path, title: str) -> None:
    """The page, the model and the card."""
    folder.mkdir(exist_ok=True)
