"""What `gptcore new` prints: the text, the proposal, progress with samples, the results."""

import time
from collections.abc import Iterator
from typing import Any

from gptcore.cli.console import format_clock, one_line, print_line
from gptcore.own_gpt import LineTraining, Recipe, TextLines, sample_lines
from gptcore.training import Step

SHOWN, WIDTH = 4, 70  # samples beside a measurement, and their letters


def format_text(source: str, text: TextLines) -> str:
    """Describe what is in the file.

    Args:
        source: Name of the file.
        text: Its content.
    """
    letters = f"{text.n_letters:,} letters, {len(text.characters):,} different ones"
    if text.is_running_text:
        return f"{source}: a running text of {letters}. For a list: --kind lines"
    return "\n".join(
        [f"{source}: {len(text.lines):,} different lines, {letters}", *map(note, text.notes)]
    )


def note(text: str) -> str:
    """A note on a line of its own."""
    return f"note: {text}"


def format_plan(recipe: Recipe) -> str:
    """Show the settings as a table, and what the text is too small for.

    Args:
        recipe: The proposal, with what was chosen.
    """
    rows = recipe.rows()
    widths = [max(len(row[i]) for row in rows) for i in (0, 1)]
    lines = [f"  {a:<{widths[0]}}  {b:<{widths[1]}}  {why}" for a, b, why in rows]
    notes = [note(warning) for warning in recipe.warnings]
    return "\n".join(["proposed; each can be changed, such as --max_steps 500:", *lines, *notes])


def with_progress_and_samples(training: LineTraining) -> Iterator[Step]:
    """Yield the same steps; print each measurement with the time that is left and a few samples.

    Args:
        training: The training.
    """
    recipe, start, first = training.recipe, time.monotonic(), 0
    print_line(
        f"{sum(training.model.parameters_by_part().values()):,} parameters; loss: nats per token, "
        f"lower is better; Ctrl-C stops and saves"
    )
    for step in training:
        first = first or step.step
        if step.val_loss is not None:
            made = step.step - first + 1
            left = (time.monotonic() - start) / made * (recipe.max_steps - step.step)
            print_line(format_step(step, training, left))
        yield step


def format_step(step: Step, training: LineTraining, seconds_left: float) -> str:
    """Format one measurement as a line of progress.

    Args:
        step: The step.
        training: Its training.
        seconds_left: Until the last step, if no earlier one is the best.
    """
    best = " (best)" if training.best_step == step.step else ""
    samples = sample_lines(training.model, training.tokenizer, SHOWN, seed=step.step)
    shown = ", ".join(one_line(sample) for sample in samples)
    return (
        f"step {step.step:,} of {training.recipe.max_steps:,} | loss {step.train_loss:.3f} | "
        f"held-out {step.val_loss:.3f}{best} | {format_clock(seconds_left)} left | "
        f"{shown[:WIDTH]}"
    )


def format_results(content: dict[str, Any], folder: str) -> str:
    """The results in a few lines.

    Args:
        content: Of results.json.
        folder: The folder, as a shell writes it.
    """
    loss, table, share = content["held_out_loss"], content["table"], content["share"]
    lines = [
        f"held-out loss {loss:.3f} nats per letter; the best letter table has {table['loss']:.3f} "
        f"({table['context_size']} letters back)"
    ]
    if share is not None:
        lines.append(f"{share['copied']:.1%} of what it writes is in the list; {share['verdict']}")
    ours, held_out = content["longest_copies"]
    lines.append(
        f"longest copied part: {ours:.1f} letters on average; of held-out text {held_out:.1f}"
    )
    shown = "  ".join(one_line(sample) for sample in content["samples"][:8])
    return "\n".join(
        [
            *lines,
            f"it writes: {shown[:200]}",
            f"in a browser: open {folder}/page.html",
            f"the model card: {folder}/README.md",
            f"more of it: gptcore sample --out_dir {folder}",
        ]
    )
