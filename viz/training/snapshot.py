"""What was recorded at one step of a training, and the losses of the whole run, checked.

Left out on purpose: a model. A moment is plain data, recorded while the training ran.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

from viz.attention.attention_weights import AttentionWeights, to_attention_weights
from viz.canvas.picture import Picture
from viz.curves.series import Series, to_series
from viz.next_token.probabilities import draw_probabilities
from viz.runs.run_log import has_values, read_run

FIELDS = ("samples", "attention", "tokens", "probabilities")
MAX_SAMPLE_LETTERS = 17  # letters of a sample that fit into a narrow column


@dataclass(frozen=True)
class TrainingSnapshot:
    """A record that can be drawn."""

    samples: list[str]
    tokens: list[str]
    attention: AttentionWeights
    next_token_picture: Picture

    @property
    def is_prose(self) -> bool:
        """Whether a sample is longer than a word, and so needs lines of its own."""
        return any(
            len(text) > 2 * MAX_SAMPLE_LETTERS or "\n" in text.strip() for text in self.samples
        )


def read_snapshot(step: int, record: Mapping, last: float = inf) -> TrainingSnapshot:
    """Raises: ValueError with what is wrong about the record of this step."""
    missing = [name for name in FIELDS if name not in record]
    if missing:
        raise ValueError(f"The record of step {step} lacks {', '.join(map(repr, missing))}.")
    if not 0 <= step <= last:
        raise ValueError(f"step={step}: the training had {last:,.0f} steps, with a loss for each.")
    tokens = [str(token) for token in record["tokens"]]
    return TrainingSnapshot(
        samples=[str(text) for text in record["samples"]],
        tokens=tokens,
        attention=to_attention_weights(record["attention"], tokens),
        next_token_picture=draw_probabilities(
            record["probabilities"], title="What it expects next"
        ),
    )


def read_losses(given: Iterable) -> dict[str, Series]:
    """The curves of a run: from a number for each step, from the rows of its log, or by name.

    The first one is what it learned from; "val", if there is one, is measured at some steps.
    """
    if isinstance(given, Mapping):
        return {name: to_series(name, curve) for name, curve in given.items()}
    given = given if hasattr(given, "tolist") else list(given)
    if isinstance(given, Sequence) and has_values(given, "train_loss"):
        curves = {"train": read_run("losses", given, "step", "train_loss", None)}
        if has_values(given, "val_loss"):
            curves["val"] = read_run("losses", given, "step", "val_loss", None)
        return curves
    return {"train": to_series("losses", given)}
