"""A slider through a training run: loss, samples, attention and next token at each step."""

from collections.abc import Mapping
from typing import Any

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.arrays import to_mapping
from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.dials.frames import page_frames
from viz.training.snapshot import LossesLike, TrainingSnapshot, read_losses, read_snapshot
from viz.training.training import last_step, training_picture


class TrainingScrubber(Control):
    """A slider through the records of a training run, and sliders for layer and head.

    Args:
        records: Records by their step, as in `draw_training`.
        losses: Losses of the whole run, as in `draw_training`.
        layer: Index of the layer to draw at the beginning.
        head: Index of the head to draw at the beginning.

    Raises:
        ValueError: If there are no records, or if one lacks something.

    Example:
        >>> record = {"samples": ["qx"], "attention": [[1.0]], "tokens": ["^"]}
        >>> record["probabilities"] = {"a": 0.5, "b": 0.5}
        >>> TrainingScrubber({1: record}, losses=[3.3, 2.9]).picture().data["samples"]
        ['qx']
    """

    def __init__(
        self,
        records: Mapping[int, Mapping[str, Any]],
        losses: "LossesLike",
        *,
        layer: int = 0,
        head: int = 0,
    ):
        if not to_mapping(records, "records", "{0: {...}, 100: {...}}"):
            raise ValueError("There are no records: give one for each step, {0: {...}, 100: ...}.")
        self.curves = read_losses(losses)
        steps, last = sorted(records), last_step(self.curves)
        self.snapshots = {step: read_snapshot(step, records[step], last) for step in steps}
        self.is_prose = any(snapshot.is_prose for snapshot in self.snapshots.values())
        L, H = head_counts(self.snapshots)
        if not (0 <= layer < L and 0 <= head < H):
            raise ValueError(f"layer={layer}, head={head}: there are {L} layers and {H} heads.")
        layout: dict[str, Any] = {
            "layout": Layout(width="272px"),
            "style": {"description_width": "48px"},
        }
        options = [(f"{step:,}", step) for step in steps]
        self.step = SelectionSlider(options=options, description="step", **layout)
        self.layer = IntSlider(value=layer, max=max(L - 1, 1), description="layer", **layout)
        self.head = IntSlider(value=head, max=max(H - 1, 1), description="head", **layout)
        self.several = [knob for knob, size in ((self.layer, L), (self.head, H)) if size > 1]
        super().__init__([side_by_side([self.step, *self.several])], self.draw(steps[-1]))
        for knob in (self.step, *self.several):
            knob.observe(self.redraw, names="value")

    def draw(self, step: int) -> Picture:
        """The picture of one step, for the chosen head.

        Args:
            step: A step that has a snapshot.
        """
        head_index = (self.layer.value, self.head.value)
        return training_picture(self.curves, step, self.snapshots[step], head_index, self.is_prose)

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        knobs = {"step": self.step, **{knob.description: knob for knob in self.several}}
        return page_frames(self, **knobs)

    def picture(self) -> Picture:
        """The picture for the present knobs."""
        return self.draw(self.step.value)


def head_counts(snapshots: Mapping[int, TrainingSnapshot]) -> tuple[int, int]:
    """The numbers of layers and heads. Raises: ValueError if they are not always the same."""
    shapes = {step: snapshot.attention.weights.shape for step, snapshot in snapshots.items()}
    sizes = {step: (int(shape[0]), int(shape[1])) for step, shape in shapes.items()}
    first, *_ = sizes
    different = next((step for step, size in sizes.items() if size != sizes[first]), None)
    if different is not None:
        (L0, H0), (L1, H1) = sizes[first], sizes[different]
        raise ValueError(
            f"The record of step {first} has {L0} layers of {H0} heads, and that of step "
            f"{different} has {L1} of {H1}; record the same heads at every step."
        )
    return sizes[first]
