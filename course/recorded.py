"""Runs on GPUs that were recorded for the course, for readers without a GPU.

    course/recorded/NAME/about.json    the GPU and the day: {"gpu": "...", "date": "..."}
                         log.jsonl     as `gptcore train` wrote it

Every number that is shown is in a log.
"""

import json
from dataclasses import dataclass
from pathlib import Path

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
