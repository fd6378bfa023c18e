"""Runs on GPUs that were recorded for the course, for readers without a GPU.

    course/recorded/NAME/about.json    the GPU and the day: {"gpu": "...", "date": "..."}
                         log.jsonl     as `gptcore train` wrote it
    course/recorded/smollm2.json       written by `python -m benchmarks.record_real_model`

Every number that is shown is in a log.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gptcore.training import Step, read_log

FOLDER = Path(__file__).with_name("recorded")


@dataclass(frozen=True)
class Recorded:
    """A finished run, with its GPU and its date."""

    name: str
    gpu: str
    date: str
    steps: list[Step]

    @property
    def losses(self) -> dict[str, tuple[list[int], list[float]]]:
        """Steps and losses, as `viz.draw_loss` takes them."""
        found = {}
        for name in ("train", "val"):
            pairs = [(step.step, getattr(step, f"{name}_loss")) for step in self.steps]
            known = [(step, loss) for step, loss in pairs if loss is not None]
            found[name] = ([step for step, _ in known], [loss for _, loss in known])
        return found


def recorded_runs(folder: Path = FOLDER) -> list[Recorded]:
    """All recorded runs, by name."""
    found = []
    for about in sorted(folder.glob("*/about.json")):
        facts = json.loads(about.read_text(encoding="utf-8"))
        run = about.parent
        found.append(Recorded(run.name, facts["gpu"], facts["date"], read_log(run)))
    return found


@dataclass(frozen=True)
class RecordedSentence:
    """A sentence, and what SmolLM2-135M predicts at each position of it.

    Attributes:
        text: The sentence.
        tokens: Its T tokens.
        candidates: For each token the ten likeliest next ones with their probabilities.
        actual_probs: The probability of the token that really follows; one fewer than tokens.
    """

    text: str
    tokens: list[str]
    candidates: list[list[tuple[str, float]]]
    actual_probs: list[float]

    def prompt(self, tokens: int) -> "RecordedSentence":
        """The first tokens only: what comes later does not change what is predicted there.

        Args:
            tokens: How many stay.

        Returns:
            A shorter sentence.
        """
        shown = self.tokens[:tokens]
        actual = self.actual_probs[: max(0, len(shown) - 1)]
        return RecordedSentence("".join(shown), shown, self.candidates[: len(shown)], actual)


def recorded_smollm2() -> dict[str, Any]:
    """All that was recorded of SmolLM2-135M: source, licence, date, sentences, induction."""
    found: dict[str, Any] = json.loads((FOLDER / "smollm2.json").read_text(encoding="utf-8"))
    return found


def recorded_sentences() -> list[RecordedSentence]:
    """The sentences that SmolLM2-135M has read, in the order of the file."""
    return [
        RecordedSentence(
            one["text"],
            one["tokens"],
            [[(token, prob) for token, prob in row] for row in one["next"]],
            one["actual_probs"],
        )
        for one in recorded_smollm2()["sentences"]
    ]


def recorded_attention(induction: dict[str, Any]) -> list[list[float]]:
    """The recorded head's weights as a square whose rows sum to 1.

    Args:
        induction: `recorded_smollm2()["induction"]`.

    Returns:
        Weights, shape (T, T).
    """
    rows = induction["weights"]  # row t has t + 1 weights, each rounded
    return [[w / sum(row) for w in row] + [0.0] * (len(rows) - len(row)) for row in rows]
