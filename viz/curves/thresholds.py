"""Thresholds that a falling loss passes; each is reported once."""

from collections.abc import Iterable, Mapping
from math import isfinite, nan

from viz.canvas.arrays import to_numbers
from viz.curves.pins import MAX_PINS
from viz.curves.series import VAL, RunningMean


class Thresholds:
    """Watches the losses of a run and says when one of its thresholds is passed.

    It compares the curve "val" from its first value on. Before that, or if there is no such curve,
    it compares the running mean of "train", or of the first curve.

    Args:
        thresholds: Losses, at most `MAX_PINS` of them, in any order.

    Raises:
        ValueError: If a threshold is not a finite number, or if there are too many.
    """

    def __init__(self, thresholds: Iterable[float]):
        self.remaining = sorted(to_numbers(list(thresholds), "pin_at"), reverse=True)
        if len(self.remaining) > MAX_PINS:
            raise ValueError(
                f"pin_at has {len(self.remaining)} thresholds, and at most {MAX_PINS} samples can "
                f"be read on one picture. Leave some out."
            )
        self.curve = ""  # the name of the curve that is compared
        self.mean = RunningMean()

    def passed(self, losses: Mapping[str, float]) -> bool:
        """Whether these losses pass a threshold. Several at once count as one."""
        if not self.remaining:
            return False
        loss = self.current_loss(losses)
        above = [threshold for threshold in self.remaining if not loss <= threshold]
        is_passed, self.remaining = len(above) < len(self.remaining), above
        return is_passed

    def current_loss(self, losses: Mapping[str, float]) -> float:
        """The value of the compared curve; NaN before it has begun."""
        if isfinite(losses.get(VAL, nan)):
            self.curve = VAL
        elif not self.curve:
            self.curve = "train" if "train" in losses else next(iter(losses), "")
        loss = losses.get(self.curve, nan)
        loss = loss if self.curve == VAL else self.mean.add(loss)
        return loss if isfinite(loss) else nan
