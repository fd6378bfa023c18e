"""One slider for the moment of training, one for how many texts: watch noise turn into names."""

from collections.abc import Collection, Mapping, Sequence

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.training.samples import MOST_ROWS, check, draw_samples, samples_picture


class SamplesPlayer(Control):
    """Recorded samples to leaf through, step by step.

    Raises:  ValueError for an album without texts.
    Example: SamplesPlayer({0: ["qxv"], 100: ["mari", "anna"]}, known={"anna"})
    """

    def __init__(
        self,
        album: Mapping[int, Sequence[str]],
        known: Collection[str] = (),
        *,
        marked: str = "stands in the list",
    ):
        most = check(album, MOST_ROWS)
        self.album, self.known, self.marked = dict(album), set(known), marked
        wide = Layout(width="460px")
        self.step = SelectionSlider(
            options=[(f"{step:,}", step) for step in self.album], description="step", layout=wide
        )
        self.rows = IntSlider(
            value=min(12, most), min=1, max=most, description="how many", layout=wide
        )
        still = draw_samples(self.album, self.known, marked=marked)
        super().__init__([self.step, self.rows], still)
        for knob in (self.step, self.rows):
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The chosen step beside the last one, so that there is something to compare with."""
        steps = dict.fromkeys([self.step.value, max(self.album)])
        shown = {step: self.album[step] for step in steps}
        return samples_picture(shown, self.known, self.rows.value, "", self.marked)
