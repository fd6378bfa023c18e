"""Levels that a falling curve passes, each noticed once."""

from collections.abc import Iterable, Mapping
from math import isfinite, nan

from viz.canvas.arrays import to_numbers
from viz.curves.pins import MOST_PINS
from viz.curves.series import RunningMean


class Levels:
    """Told every loss, says when one of its levels is reached.

    It looks at "val" from its first value on; before that, or where nothing bears that name, at
    the running mean of "train", or else of the first curve.
    Raises:  ValueError for what are no levels, or more than can be pinned.
    Example: Levels([5.9, 5.0]).passed({"val": 4.8}) -> True, and from then on False
    """

    def __init__(self, levels: Iterable[float]):
        self.waiting = sorted(to_numbers(list(levels), "pin_at"), reverse=True)
        if len(self.waiting) > MOST_PINS:
            raise ValueError(
                f"pin_at has {len(self.waiting)} levels, and at most {MOST_PINS} samples can be "
                f"read on one picture. Leave some out."
            )
        self.leader = ""  # the name of the curve that counts
        self.mean = RunningMean()

    def passed(self, losses: Mapping[str, float]) -> bool:
        """Whether these losses reach a level; several at once count as one."""
        if not self.waiting:
            return False
        now = self.now(losses)
        left = [level for level in self.waiting if not now <= level]
        reached, self.waiting = len(left) < len(self.waiting), left
        return reached

    def now(self, losses: Mapping[str, float]) -> float:
        """Where the curve that counts stands; not a number before it has begun."""
        if isfinite(losses.get("val", nan)):
            self.leader = "val"
        elif not self.leader:
            self.leader = "train" if "train" in losses else next(iter(losses), "")
        loss = losses.get(self.leader, nan)
        now = loss if self.leader == "val" else self.mean.add(loss)
        return now if isfinite(now) else nan
