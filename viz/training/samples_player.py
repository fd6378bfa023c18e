"""One slider for the moment of training, one for how many texts: watch noise turn into names."""

from collections.abc import Collection, Mapping, Sequence

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.training.samples import MAX_ROWS, count_rows, draw_samples, samples_picture


class SamplesPlayer(Control):
    """Recorded samples to leaf through, step by step.

    Raises:  ValueError for an album without texts.
    Example: SamplesPlayer({0: ["qxv"], 100: ["mari", "anna"]}, known={"anna"})
    """

    def __init__(
        self,
        samples: Mapping[int, Sequence[str]],
        known: Collection[str] = (),
        *,
        marked: str = "stands in the list",
    ):
        max_rows = count_rows(samples, MAX_ROWS)
        self.samples, self.known, self.marked = dict(samples), set(known), marked
        layout = Layout(width="460px")
        self.step = SelectionSlider(
            options=[(f"{step:,}", step) for step in self.samples],
            description="step",
            layout=layout,
        )
        self.rows = IntSlider(
            value=min(12, max_rows), min=1, max=max_rows, description="how many", layout=layout
        )
        still = draw_samples(self.samples, self.known, marked=marked)
        super().__init__([self.step, self.rows], still)
        for knob in (self.step, self.rows):
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The chosen step beside the last one, so that there is something to compare with."""
        steps = dict.fromkeys([self.step.value, max(self.samples)])
        shown = {step: self.samples[step] for step in steps}
        return samples_picture(shown, self.known, self.rows.value, "", self.marked)
