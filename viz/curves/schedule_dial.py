"""Knobs for a learning-rate schedule, and what happens if the run continues beyond its end.

The control knows no schedule: a function returns the learning rate of a step. The run continues to
twice its length. Two cases are drawn: with the same schedule, the learning rate stays at its last
value; with a new schedule for the longer run, it jumps.
"""

from collections.abc import Callable
from typing import Any

from ipywidgets import Dropdown, HBox, IntSlider, Layout, VBox

from viz.canvas.control import Control, page_constants
from viz.canvas.picture import Picture
from viz.canvas.warnings import with_warning
from viz.curves.schedule import format_rate, schedule_picture

SCHEDULES = ("cosine", "wsd", "constant")
POINTS = 240  # of each curve
MIN_LR_RATIO = 0.1  # min_learning_rate / learning_rate


class ScheduleDial(Control):
    """Knobs for schedule, warm-up, decay and length of a run, and its learning rate.

    Args:
        rate_at: Called with a step, counted from 1, and with the keyword arguments schedule,
            max_steps, warmup_steps, decay_steps, learning_rate and min_learning_rate. Returns the
            learning rate, also for a step after `max_steps`. If it raises a ValueError, the
            message is shown above the last picture.
            If it is marked by `computed_in_page`, a page turns the knobs without Python.
        max_steps: Length of the run at the beginning, at least 60.
        learning_rate: The highest learning rate.

    Raises:
        ValueError: If `max_steps` is below 60, or if the first call of `rate_at` raises it.

    Example:
        >>> def constant(step, *, learning_rate, **settings):
        ...     return learning_rate
        >>> ScheduleDial(constant, max_steps=600).still.data["table"]["as planned, for 600"][600]
        0.0005
    """

    def __init__(
        self, rate_at: Callable[..., float], *, max_steps: int = 6000, learning_rate: float = 5e-4
    ):
        if max_steps < 60:
            raise ValueError(f"max_steps={max_steps} is too short for the knobs; give 60 or more.")
        self.rate_at, self.learning_rate = rate_at, learning_rate
        unit = max_steps // 60
        style = {"layout": Layout(width="360px"), "style": {"description_width": "90px"}}
        self.schedule = Dropdown(options=SCHEDULES, description="schedule", **style)
        self.max_steps = IntSlider(
            value=max_steps, min=10 * unit, max=2 * max_steps, step=5 * unit,
            description="length", **style,
        )  # fmt: skip
        self.warmup = IntSlider(
            value=7 * unit, min=0, max=max_steps, step=unit, description="warm-up", **style
        )
        self.decay = IntSlider(
            value=12 * unit, min=unit, max=max_steps, step=unit, description="decay", **style
        )
        self.last = self.draw()
        knobs = [self.schedule, self.max_steps, self.warmup, self.decay]
        rows = HBox([VBox(knobs[:2]), VBox(knobs[2:])], layout=Layout(flex_flow="row wrap"))
        super().__init__([rows], self.last)
        for knob in knobs:
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The schedule for the present knobs, or the last possible one with an error above it."""
        self.decay.disabled = self.schedule.value != "wsd"
        try:
            self.last = self.draw()
        except ValueError as error:
            return with_warning(str(error), self.last)
        return self.last

    def page_dial(self) -> dict[str, Any] | None:
        """The knobs, for a `rate_at` that `schedule_dial.js` computes, too."""
        constants = page_constants(self.rate_at)
        if constants is None:
            return None
        return {
            "dial": "schedule",
            "label": "A learning-rate schedule",
            "schedules": list(SCHEDULES),
            "unit": self.warmup.step,
            "max_steps": self.warmup.max,
            "learning_rate": self.learning_rate,
            "min_learning_rate": MIN_LR_RATIO * self.learning_rate,
            "points": POINTS,
            **constants,
        }

    def rate(self, step: int, max_steps: int) -> float:
        """The learning rate of a step in a run of `max_steps`, for the present knobs.

        Args:
            step: The step, counted from 1.
            max_steps: The length of the run.
        """
        return self.rate_at(
            step,
            schedule=self.schedule.value,
            max_steps=max_steps,
            warmup_steps=self.warmup.value,
            decay_steps=self.decay.value,
            learning_rate=self.learning_rate,
            min_learning_rate=MIN_LR_RATIO * self.learning_rate,
        )

    def draw(self) -> Picture:
        """The schedule for the present knobs. Raises what `rate_at` raises."""
        end, doubled, warmup = self.max_steps.value, 2 * self.max_steps.value, self.warmup.value
        continued, replanned = f"same plan, past {end:,}", f"new plan, for {doubled:,}"
        curves = {
            f"as planned, for {end:,}": self.curve(1, end, end),
            replanned: self.curve(1, doubled, doubled),
            continued: self.curve(end, doubled, end),
        }
        marks = {
            max(warmup, 1): "warm-up is over",
            1: "the first step",
            (end + 1) // 2: "half-way",
            end: "the planned end",
            end + 1: "the step after it",
            doubled: "the later end",
        }
        return schedule_picture(
            curves,
            marks,
            self.title_sentence(end, doubled),
            dashed={continued, replanned},
            notes=[self.resume_hint(end, doubled)],
        )

    def curve(self, first: int, last: int, max_steps: int) -> tuple[list[int], list[float]]:
        """Steps and rates for a smooth line, with all steps at which the line may have a corner.

        Args:
            first: The first step.
            last: The last step.
            max_steps: The length of the run.
        """
        end, doubled = self.max_steps.value, 2 * self.max_steps.value
        steps = {round(first + (last - first) * i / POINTS) for i in range(POINTS + 1)}
        corners = (self.warmup.value, max_steps - self.decay.value, end, doubled, (end + 1) // 2, 1)
        steps |= {
            step + more for step in corners for more in (0, 1) if first <= step + more <= last
        }
        return sorted(steps), [self.rate(step, max_steps) for step in sorted(steps)]

    def last_common_step(self, end: int, doubled: int) -> int:
        """The last step up to which runs of both lengths have the same rates (binary search).

        Args:
            end: The number of steps that was planned.
            doubled: The number of steps of the longer run.
        """
        low, high = 0, end + 1  # the same at low, different at high
        while high - low > 1:
            middle = (low + high) // 2
            difference = abs(self.rate(middle, end) - self.rate(middle, doubled))
            same = difference < 1e-9 * self.learning_rate
            low, high = (middle, high) if same else (low, middle)
        return low

    def title_sentence(self, end: int, doubled: int) -> str:
        """The title: the learning rate of the next step in both cases.

        Args:
            end: The number of steps that was planned.
            doubled: The number of steps of the longer run.
        """
        before, after = self.rate(end, end), self.rate(end + 1, doubled)
        if abs(after - before) < 0.01 * before:
            return f"Just continue to {doubled:,}: the rate stays {format_rate(before)}"
        return (
            f"Just continue to {doubled:,}: the rate stays {format_rate(before)}, or jumps to "
            f"{format_rate(after)}"
        )

    def resume_hint(self, end: int, doubled: int) -> str:
        """The last checkpoint from which the run can be made longer without a jump.

        Args:
            end: The number of steps that was planned.
            doubled: The number of steps of the longer run.
        """
        last_common_step = self.last_common_step(end, doubled)
        if last_common_step == end:
            return "Both plans have the same rates: every checkpoint can be continued."
        if last_common_step <= self.warmup.value + 1:
            return (
                "The two plans part as soon as the warm-up is over: no later checkpoint can be "
                "continued without a jump."
            )
        return (
            f"The two plans part after step {last_common_step:,}: the checkpoint of that step can "
            f"be continued without a jump."
        )
