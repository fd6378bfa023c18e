"""The records of a training run, checked: snapshots of the model, and the losses."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

from viz.attention.attention_weights import AttentionWeights, to_attention_weights
from viz.canvas.arrays import to_int, to_mapping, to_tokens
from viz.canvas.picture import Picture
from viz.curves.series import CurveLike, Series, to_series
from viz.next_token.probabilities import draw_probabilities
from viz.runs.run_log import has_values, read_run

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FIELDS = ("samples", "attention", "tokens", "probabilities")
MAX_SAMPLE_LETTERS = 17  # in a narrow column
# One loss for each step, rows of a log, or curves by name.
LossesLike: TypeAlias = "ArrayLike | Iterable[object] | Mapping[str, CurveLike]"


@dataclass(frozen=True)
class TrainingSnapshot:
    """What a model did at one step of its training.

    Attributes:
        samples: Texts that it wrote.
        tokens: The T tokens that it read.
        attention: Attention weights of all heads on these tokens.
        next_token_picture: Its probabilities for the next token.
    """

    samples: list[str]
    tokens: list[str]
    attention: AttentionWeights
    next_token_picture: Picture

    @property
    def is_prose(self) -> bool:
        """Whether a sample is longer than a word, and needs several lines."""
        return any(
            len(text) > 2 * MAX_SAMPLE_LETTERS or "\n" in text.strip() for text in self.samples
        )


def read_snapshot(step: int, record: Mapping[str, Any], last: float = inf) -> TrainingSnapshot:
    """Check the record of one step.

    Args:
        step: Number of the step.
        record: "samples", "attention", "tokens" and "probabilities", as in `draw_training`.
        last: Number of steps of the run.

    Returns:
        The snapshot.

    Raises:
        ValueError: If the record lacks something, or if the run has no such step.
    """
    to_int(step, "step", 0)
    to_mapping(record, f"The record of step {step}", "{'samples': ['qx'], 'attention': ...}")
    missing = [name for name in FIELDS if name not in record]
    if missing:
        raise ValueError(f"The record of step {step} lacks {', '.join(map(repr, missing))}.")
    if step > last:
        raise ValueError(f"step={step}: the run has {last:,.0f} steps, with a loss for each.")
    tokens = to_tokens(record["tokens"])
    return TrainingSnapshot(
        samples=[str(text) for text in record["samples"]],
        tokens=tokens,
        attention=to_attention_weights(record["attention"], tokens),
        next_token_picture=draw_probabilities(
            record["probabilities"], title="What it expects next"
        ),
    )


def read_losses(losses: LossesLike) -> dict[str, Series]:
    """Read the loss curves of a run.

    Args:
        losses: One training loss for each step, shape (n,); or the rows of the log, with "step",
            "train_loss" and "val_loss"; or curves by name, the training loss first.

    Returns:
        Curves by name, the training loss first.

    Raises:
        ValueError: If these are not losses.
    """
    if isinstance(losses, Mapping):
        return {name: to_series(name, curve) for name, curve in losses.items()}
    is_array = hasattr(losses, "tolist") or not isinstance(losses, Iterable)
    given: Any = losses
    rows = given if is_array else list(given)
    if is_array or not has_values(rows, "train_loss"):
        return {"train": to_series("train", rows)}
    curves = {"train": read_run("train", rows, "step", "train_loss")}
    if has_values(rows, "val_loss"):
        curves["val"] = read_run("train", rows, "step", "val_loss")
    return curves
