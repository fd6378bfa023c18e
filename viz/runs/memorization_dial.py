"""Choose how many lines a model was trained on, and a step; see what it knows and copies."""

from collections.abc import Mapping
from typing import Any

from ipywidgets import Dropdown, Layout, SelectionSlider

from viz.canvas.arrays import to_mapping
from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.dials.frames import page_frames
from viz.runs.memorization import EXAMPLE, draw_run, read_run


class MemorizationDial(Control):
    """A list of data sizes and a slider for the step, over recorded runs with the same axes.

    Args:
        runs: Number of lines -> run, or list of runs (seeds), as `draw_memorization` takes it.
        lines: The first number of lines; None takes the first one.
        step: The first step; None takes the last one.

    Raises:
        ValueError: If there is no run, the runs have other steps, or `lines` or `step` is unknown.

    Example:
        >>> run = {"step": [25, 50], "train": [2.8, 0.8], "held_out": [2.8, 4.1]}
        >>> dial = MemorizationDial({200: {**run, "copied": [0.0, 0.9]}})
        >>> dial.picture().data["copied"]
        0.9
    """

    def __init__(
        self, runs: Mapping[int, Any], *, lines: int | None = None, step: float | None = None
    ):
        given = to_mapping(runs, "runs", f"{{200: {EXAMPLE}}}")
        if not given:
            raise ValueError(f"There is no run: give {{200: {EXAMPLE}}}.")
        self.runs = {count: read_run(run) for count, run in given.items()}
        first = next(iter(self.runs.values()))
        if any(run.steps != first.steps for run in self.runs.values()):
            raise ValueError("The runs were measured at different steps, so they share no slider.")
        lines = next(iter(self.runs)) if lines is None else lines
        step = first.steps[-1] if step is None else step
        if lines not in self.runs or step not in first.steps:
            raise ValueError(
                f"lines={lines} and step={step} must be of {list(self.runs)} and {first.steps}."
            )
        losses = [
            value
            for run in self.runs.values()
            for key in ("train", "held_out")
            for _, values in (run.curves[key].bold, *run.curves[key].thin)
            for value in values
        ]
        self.limits = min(losses), max(losses)
        style = {"layout": Layout(width="330px"), "style": {"description_width": "60px"}}
        options = [(f"{count:,}", count) for count in self.runs]
        self.lines = Dropdown(options=options, value=lines, description="lines", **style)
        steps = [(f"{one:g}", one) for one in first.steps]
        self.step = SelectionSlider(options=steps, value=step, description="step", **style)
        super().__init__([side_by_side([self.lines, self.step])], self.picture())
        for knob in (self.lines, self.step):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, lines=self.lines, step=self.step)

    def picture(self) -> Picture:
        """The run and the step that are chosen."""
        count = self.lines.value
        title = f"Trained on {count:,} lines"
        return draw_run(self.runs[count], self.step.value, title, self.limits)
