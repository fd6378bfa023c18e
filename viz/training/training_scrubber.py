"""One slider through a training: step, loss, samples, one head and the next token move together."""

from collections.abc import Iterable, Mapping

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.training.snapshot import read_losses, read_snapshot
from viz.training.training import last_step, training_picture


class TrainingScrubber(Control):
    """Recorded moments to move through; what a record and `losses` have stands in `draw_training`.

    Where the records have several layers or heads, a slider for each chooses the one to look at;
    without a kernel: the last moment, layer `layer` and head `head`.
    Raises:  ValueError without records, and for a record that lacks something.
    Example: moment = {"samples": ["qx"], "attention": [[1.0]], "tokens": ["^"]}
             TrainingScrubber({1: {**moment, "probabilities": {"a": 1.0}}}, losses=[3.3, 2.9])
    """

    def __init__(
        self,
        records: Mapping[int, Mapping],
        losses: Iterable,
        *,
        layer: int = 0,
        head: int = 0,
    ):
        if not records:
            raise ValueError(
                "There are no records: give one for each moment, {0: {...}, 100: ...}."
            )
        self.curves = read_losses(losses)
        steps, last = sorted(records), last_step(self.curves)
        self.snapshots = {step: read_snapshot(step, records[step], last) for step in steps}
        self.is_prose = any(snapshot.is_prose for snapshot in self.snapshots.values())
        L, H = head_counts(self.snapshots)
        if not (0 <= layer < L and 0 <= head < H):
            raise ValueError(f"layer={layer}, head={head}: there are {L} layers and {H} heads.")
        layout = Layout(width="460px")
        options = [(f"{step:,}", step) for step in steps]
        self.step = SelectionSlider(options=options, description="step", layout=layout)
        self.layer = IntSlider(value=layer, max=max(L - 1, 1), description="layer", layout=layout)
        self.head = IntSlider(value=head, max=max(H - 1, 1), description="head", layout=layout)
        several = [knob for knob, size in ((self.layer, L), (self.head, H)) if size > 1]
        super().__init__([self.step, *several], self.draw(steps[-1]))
        for knob in (self.step, *several):
            knob.observe(self.redraw, names="value")

    def draw(self, step: int) -> Picture:
        head_index = (self.layer.value, self.head.value)
        return training_picture(self.curves, step, self.snapshots[step], head_index, self.is_prose)

    def picture(self) -> Picture:
        return self.draw(self.step.value)


def head_counts(snapshots: Mapping) -> tuple[int, int]:
    """Layers and heads, the same in all moments. Raises: ValueError if they are not."""
    sizes = {step: snapshot.attention.weights.shape[:2] for step, snapshot in snapshots.items()}
    first, *_ = sizes
    different = next((step for step, size in sizes.items() if size != sizes[first]), None)
    if different is not None:
        (L0, H0), (L1, H1) = sizes[first], sizes[different]
        raise ValueError(
            f"The record of step {first} has {L0} layers of {H0} heads, and that of step "
            f"{different} has {L1} of {H1}; record the same heads at every step."
        )
    return sizes[first]
