"""Samples of a model during training, with a slider for the step and one for their number."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.arrays import to_mapping
from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.dials.frames import page_frames
from viz.training.samples import MAX_ROWS, count_rows, draw_samples, samples_picture


class SamplesPlayer(Control):
    """A slider through the samples of a training, step by step, beside those of the last step.

    Args:
        samples: Texts by the step of training at which they were sampled.
        known: Texts that get a dot, such as those of the training data.
        known_label: What it means to be known, for the legend.

    Raises:
        ValueError: If there are no texts.

    Example:
        >>> player = SamplesPlayer({0: ["qxv"], 100: ["mari", "anna"]}, known={"anna"})
        >>> player.picture().data
        {0: ['qxv'], 100: ['mari', 'anna']}
    """

    def __init__(
        self,
        samples: Mapping[int, Sequence[str]],
        known: Collection[str] = (),
        *,
        known_label: str = "is in the list",
    ):
        to_mapping(samples, "samples", "{0: ['qxv'], 100: ['mari']}")
        max_rows = count_rows(samples, MAX_ROWS)
        self.samples, self.known, self.known_label = dict(samples), set(known), known_label
        layout = Layout(width="460px")
        self.step = SelectionSlider(
            options=[(f"{step:,}", step) for step in self.samples],
            description="step",
            layout=layout,
        )
        self.rows = IntSlider(
            value=min(12, max_rows), min=1, max=max_rows, description="how many", layout=layout
        )
        still = draw_samples(self.samples, self.known, known_label=known_label)
        super().__init__([self.step, self.rows], still)
        for knob in (self.step, self.rows):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, step=self.step, rows=self.rows)

    def picture(self) -> Picture:
        """The samples of the chosen step, beside those of the last step."""
        steps = dict.fromkeys([self.step.value, max(self.samples)])
        shown = {step: self.samples[step] for step in steps}
        return samples_picture(shown, self.known, self.rows.value, "", self.known_label)
