"""One slider through a training: step, loss, samples, one head and the next token move together."""

from collections.abc import Mapping, Sequence

from ipywidgets import Layout, SelectionSlider

from viz.arrays import to_numbers
from viz.control import Control
from viz.picture import Picture
from viz.training import draw_training, moment_of, training_picture


class TrainingScrubber(Control):
    """Recorded moments to move through; what a record has stands in `draw_training`.

    Raises:  ValueError without records, and for a record that lacks something.
    Example: TrainingScrubber({1: record}, losses=[3.3, 2.9])
    """

    def __init__(self, records: Mapping[int, Mapping], losses: Sequence[float]):
        if not records:
            raise ValueError(
                "There are no records: give one for each moment, {0: {...}, 100: ...}."
            )
        self.losses = to_numbers(losses, "losses", finite=False)
        steps = sorted(records)
        self.moments = {step: moment_of(step, records[step], len(self.losses)) for step in steps}
        self.step = SelectionSlider(
            options=[(f"{step:,}", step) for step in steps],
            description="step",
            layout=Layout(width="460px"),
        )
        last = steps[-1]
        super().__init__([self.step], draw_training(self.losses, last, records[last]))
        self.step.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        step = self.step.value
        return training_picture(self.losses, step, self.moments[step], "")
