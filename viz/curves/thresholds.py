"""Levels that a falling curve passes, each noticed once."""

from collections.abc import Iterable, Mapping
from math import isfinite, nan

from viz.canvas.arrays import to_numbers
from viz.curves.pins import MAX_PINS
from viz.curves.series import RunningMean


class Thresholds:
    """Told every loss, says when one of its levels is reached.

    It looks at "val" from its first value on; before that, or where nothing bears that name, at
    the running mean of "train", or else of the first curve.
    Raises:  ValueError for what are no levels, or more than can be pinned.
    Example: Levels([5.9, 5.0]).passed({"val": 4.8}) -> True, and from then on False
    """

    def __init__(self, thresholds: Iterable[float]):
        self.remaining = sorted(to_numbers(list(thresholds), "pin_at"), reverse=True)
        if len(self.remaining) > MAX_PINS:
            raise ValueError(
                f"pin_at has {len(self.remaining)} levels, and at most {MAX_PINS} samples can be "
                f"read on one picture. Leave some out."
            )
        self.curve = ""  # the name of the curve that counts
        self.mean = RunningMean()

    def passed(self, losses: Mapping[str, float]) -> bool:
        """Whether these losses reach a level; several at once count as one."""
        if not self.remaining:
            return False
        now = self.current_loss(losses)
        left = [threshold for threshold in self.remaining if not now <= threshold]
        reached, self.remaining = len(left) < len(self.remaining), left
        return reached

    def current_loss(self, losses: Mapping[str, float]) -> float:
        """Where the curve that counts stands; not a number before it has begun."""
        if isfinite(losses.get("val", nan)):
            self.curve = "val"
        elif not self.curve:
            self.curve = "train" if "train" in losses else next(iter(losses), "")
        loss = losses.get(self.curve, nan)
        now = loss if self.curve == "val" else self.mean.add(loss)
        return now if isfinite(now) else nan
