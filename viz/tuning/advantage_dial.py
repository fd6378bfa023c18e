"""Type the rewards of a group, choose a baseline, and see who is pushed, and how far."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from ipywidgets import Dropdown, FloatSlider, Layout, Text

from viz.canvas.arrays import to_numbers, to_tokens
from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.canvas.warnings import with_warning
from viz.dials.frames import page_knob
from viz.tuning.advantages import PER_ROW, advantages_picture
from viz.tuning.groups import BASELINES, check_baseline, read_groups

MAX_ANSWERS = 2 * PER_ROW


class AdvantageDial(Control):
    """A text box for the rewards of a group, a list of baselines, and a number added to each.

    Equal rewards push nothing. With a baseline, a number that is added to all changes nothing.

    Args:
        rewards: The first rewards, G numbers.
        answers: G texts; None numbers them. Once there are more or fewer rewards, they are
            numbered, too.
        question: What is answered.
        baseline: The first baseline: "none", "group_mean" or "normalized".
        most_added: The largest number that can be added to all rewards.

    Raises:
        ValueError: If a reward is not a finite number, or there are not as many answers.

    Example:
        >>> dial = AdvantageDial([1, 0, 0, 1])
        >>> dial.rewards.value = "1, 1, 1, 1"
        >>> dial.picture().data[0]["advantages"]
        [0.0, 0.0, 0.0, 0.0]
    """

    def __init__(
        self,
        rewards: Sequence[float] = (1, 0, 0, 0, 1, 0, 0, 0),
        answers: Sequence[str] | None = None,
        *,
        question: str = "",
        baseline: str = "group_mean",
        most_added: float = 10.0,
    ):
        check_baseline(baseline)
        numbers = to_numbers(rewards, "rewards")
        self.answers = to_tokens(answers, "answers") if answers is not None else None
        if self.answers is not None and len(self.answers) != len(numbers):
            raise ValueError(
                f"{len(self.answers)} answers and {len(numbers)} rewards: give one reward for each "
                f"answer."
            )
        self.question = question
        style = {"layout": Layout(width="340px"), "style": {"description_width": "90px"}}
        typed = ", ".join(f"{number:g}" for number in numbers)
        self.rewards = Text(value=typed, description="rewards", **style)
        self.baseline = Dropdown(
            options=list(BASELINES), value=baseline, description="baseline", **style
        )
        self.added = FloatSlider(
            value=0, min=0, max=most_added, step=0.5, description="add to all", **style
        )
        self.numbers = read_rewards(typed)  # the last ones that were a group
        self.last = self.draw(self.numbers)
        knobs = [self.rewards, self.baseline, self.added]
        super().__init__([side_by_side(knobs)], self.last)
        for knob in knobs:
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any]:
        """The question and its answers, for a page that computes advantages."""
        count = round(self.added.max / self.added.step)
        added = [self.added.step * n for n in range(count + 1)]
        knob = {"name": "added", "label": "add to all", "kind": "slider", "value": self.added.value}
        return {
            "dial": "advantage",
            "knobs": [
                page_knob("rewards", self.rewards),
                page_knob("baseline", self.baseline),
                {**knob, "options": added, "texts": [f"{one:g}" for one in added]},
            ],
            "question": self.question or "one question",
            "answers": self.answers,
            "baselines": BASELINES,
        }

    def picture(self) -> Picture:
        """The group for the present knobs; of rewards that are no group, the last ones."""
        try:
            numbers = read_rewards(self.rewards.value)
            self.last = self.draw(numbers)
            self.numbers = numbers
        except ValueError as error:
            with suppress(ValueError):  # the last rewards may be none for another baseline
                self.last = self.draw(self.numbers)
            return with_warning(str(error), self.last)
        return self.last

    def draw(self, numbers: Sequence[float]) -> Picture:
        """The group of these rewards.

        Args:
            numbers: The rewards, before something is added to all.

        Raises:
            ValueError: If they are no group.
        """
        rewards = [reward + self.added.value for reward in numbers]
        answers = self.answers
        if answers is None or len(answers) != len(rewards):
            answers = [f"answer {i + 1}" for i in range(len(rewards))]
        group = {"question": self.question or "one question", "answers": answers}
        groups = read_groups([{**group, "rewards": rewards}], self.baseline.value)
        return advantages_picture(groups, keeps_height=True)


def read_rewards(typed: str) -> list[float]:
    """The numbers that were typed, divided by commas or spaces.

    Args:
        typed: Such as "1, 0, 0.5".
    """
    words = typed.replace(",", " ").replace(";", " ").split()
    if not 0 < len(words) <= MAX_ANSWERS:
        raise ValueError(
            f"Type 1 to {MAX_ANSWERS} rewards, such as 1, 0, 0, 1; these are {len(words)}."
        )
    try:
        return to_numbers(words, "rewards")
    except ValueError:
        raise ValueError(
            f"rewards must be finite numbers such as 1, 0, 0.5, not {typed!r:.60}."
        ) from None
