"""Knobs for a schedule of the learning rate, and what a run would meet that just goes on.

The control knows no schedule: a function says the rate of a step. "Just continue" means twice the
length. Two things can happen, and both are drawn: the plan is kept, and the run goes on at the rate
with which it ended; or a new plan is made, and the rate jumps to where that one would be.
"""

from collections.abc import Callable

from ipywidgets import Dropdown, HBox, IntSlider, Layout, VBox

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.warnings import with_warning
from viz.curves.schedule import format_rate, schedule_picture

SCHEDULES = ("cosine", "wsd", "constant")
POINTS = 240  # of each curve; what is asked for may take a while
MIN_LR_RATIO = 0.1  # the rate ends at this share of its height


class ScheduleDial(Control):
    """Turn schedule, warm-up, decay and length; see the rate, and what "just continue" meets.

    `rate_at(step, *, schedule, max_steps, warmup_steps, decay_steps, learning_rate,
    min_learning_rate)` answers with the rate of a step, counted from 1, also behind the last one.
    A ValueError of it is shown above the last picture that was possible.
    Raises:  ValueError for a run of fewer than 60 steps, and what `rate_at` raises at first.
    Example: ScheduleDial(lambda step, *, learning_rate, **rest: learning_rate, max_steps=600)
    """

    def __init__(
        self, rate_at: Callable[..., float], *, max_steps: int = 6000, learning_rate: float = 5e-4
    ):
        if max_steps < 60:
            raise ValueError(f"max_steps={max_steps} leaves nothing to turn; give 60 or more.")
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
        """The schedule for where the knobs stand, or what speaks against it."""
        self.decay.disabled = self.schedule.value != "wsd"
        try:
            self.last = self.draw()
        except ValueError as error:
            return with_warning(str(error), self.last)
        return self.last

    def rate(self, step: int, max_steps: int) -> float:
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
        """Enough steps for a smooth line, and all at which something happens."""
        end, doubled = self.max_steps.value, 2 * self.max_steps.value
        steps = {round(first + (last - first) * i / POINTS) for i in range(POINTS + 1)}
        bends = (self.warmup.value, max_steps - self.decay.value, end, doubled, (end + 1) // 2, 1)
        steps |= {step + more for step in bends for more in (0, 1) if first <= step + more <= last}
        return sorted(steps), [self.rate(step, max_steps) for step in sorted(steps)]

    def last_common_step(self, end: int, doubled: int) -> int:
        """The last step up to which a run of either length has the same rates."""
        low, high = 0, end + 1  # the same at low, different at high
        while high - low > 1:
            middle = (low + high) // 2
            same = (
                abs(self.rate(middle, end) - self.rate(middle, doubled)) < 1e-9 * self.learning_rate
            )
            low, high = (middle, high) if same else (low, middle)
        return low

    def title_sentence(self, end: int, doubled: int) -> str:
        """What the next step can meet: the last rate again, or that of a new plan."""
        before, after = self.rate(end, end), self.rate(end + 1, doubled)
        if abs(after - before) < 0.01 * before:
            return f"Just continue to {doubled:,}: the rate stays {format_rate(before)}"
        return (
            f"Just continue to {doubled:,}: the rate stays {format_rate(before)}, or jumps to "
            f"{format_rate(after)}"
        )

    def resume_hint(self, end: int, doubled: int) -> str:
        """From which checkpoint the run can be made longer without a jump."""
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
