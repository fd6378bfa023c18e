"""What `gptcore tune` prints: a header, a line of progress now and then, answers, and a summary."""

import shlex
from pathlib import Path
from typing import Any

from gptcore.cli.console import format_clock
from gptcore.cli.training.messages import format_step
from gptcore.model import GPT
from gptcore.training import Step
from gptcore.tuning import DPOStep, ReinforceStep

MEANINGS = {
    "sft": "loss: nats per token of the answers and of mixed text, lower is better",
    "reinforce": "reward: mean of all answers; passed: questions with a right answer; agree: "
    "groups with nothing to learn; kl: nats per token away from the first model",
    "dpo": "loss: 0.693 at first; accuracy: pairs whose chosen answer gained more; chosen, "
    "rejected: how their log-probabilities changed, in nats",
}


def format_header(model: GPT, kind: str, out: Path, examples: str) -> str:
    """Describe the run: sizes, device, folder, examples, and what the numbers mean.

    Args:
        model: The model.
        kind: sft, reinforce or dpo.
        out: Folder of the run.
        examples: What it learns from.
    """
    sizes = [(w.numel(), w.requires_grad) for w in model.parameters()]
    total, trained = sum(n for n, _ in sizes), sum(n for n, is_trained in sizes if is_trained)
    frozen = f", {trained:,} of them trained" if trained < total else ""
    return (
        f"{total:,} parameters{frozen}, {model.device}; {examples}; log and checkpoints in {out}; "
        f"Ctrl-C stops and saves\n{MEANINGS[kind]}"
    )


def format_record(step: Any, config: Any, seconds_left: float | None) -> str:
    """Format a record of any kind of tuning as a line of progress.

    Args:
        step: The record.
        config: Its settings.
        seconds_left: Until the end, if it is known.
    """
    if isinstance(step, Step):
        return format_step(step, config, seconds_left)
    parts = [f"step {step.step:,} of {config.max_steps:,}"]
    if isinstance(step, ReinforceStep):
        parts += [f"reward {step.reward:.3f}", f"passed {step.pass_rate:.0%}"]
        parts += [f"agree {step.agreement:.0%}", f"kl {step.kl:.3f}", f"length {step.length:.1f}"]
        if step.ended < 0.995:
            parts.append(f"ended {step.ended:.0%}")
    elif isinstance(step, DPOStep):
        parts += [f"loss {step.loss:.4f}", f"accuracy {step.accuracy:.0%}"]
        parts += [f"chosen {step.chosen:+.2f}", f"rejected {step.rejected:+.2f}"]
    if seconds_left is not None:
        parts.append(f"{format_clock(seconds_left)} left")
    return " | ".join(parts)


def format_summary(last: Any, out: Path) -> str:
    """Describe a finished run by its last step.

    Args:
        last: Its record.
        out: Folder of the run.
    """
    names = {"train_loss": "train loss", "reward": "reward", "loss": "loss", "accuracy": "accuracy"}
    values = [f"{text} {getattr(last, n):.4f}" for n, text in names.items() if hasattr(last, n)]
    return (
        f"finished: {last.step:,} steps, {', '.join(values)}; folder: {out}\n"
        f"to talk to it: gptcore chat {shlex.quote(str(out))}"
    )
