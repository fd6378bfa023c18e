"""Choose a reward and a KL weight, and see the run that was recorded with them.

The reward climbs in every run; whether the answers become right depends on both.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from ipywidgets import Dropdown, Layout, SelectionSlider

from viz.canvas.arrays import to_mapping, to_number
from viz.canvas.control import Control, side_by_side
from viz.canvas.pages import NARROW
from viz.canvas.picture import Picture
from viz.canvas.warnings import with_warning
from viz.dials.frames import page_frames
from viz.tuning.reinforcement import check_keys
from viz.tuning.reinforcement_chart import Range, ReinforcementChart
from viz.tuning.reinforcement_log import read_seeds

EXAMPLE = "{('exact', 0.1): {'step': [1, 2], 'reward': [0.3, 0.4], 'kl': [0.0, 0.1]}}"


class ReinforcementDial(Control):
    """A list of rewards and a slider for the KL weight, over recorded runs with the same axes.

    Args:
        runs: (name of the reward, KL weight) -> run, or list of runs (seeds). A run is a mapping
            key -> values, or a list of rows, as `draw_reinforcement` takes it.
        curves: Keys that are drawn large; those that a run lacks are left out.
        panels: Keys that are drawn small; those that no run has are left out.
        reward: The first reward; None takes that of the first run.
        kl_weight: The first KL weight; None takes that of the first run.

    Raises:
        ValueError: If there is no run, or a key is not a name and a number.

    Example:
        >>> run = {"step": [1, 2], "reward": [0.3, 0.9], "truth": [0.3, 0.1], "kl": [0.0, 0.5]}
        >>> dial = ReinforcementDial({("contains", 0.0): run, ("contains", 0.1): run})
        >>> dial.weight.value = 0.1
        >>> dial.picture().data["truth"][1]
        [0.3, 0.1]
    """

    def __init__(
        self,
        runs: Mapping[tuple[str, float], Any],
        *,
        curves: Sequence[str] = ("reward", "truth"),
        panels: Sequence[str] = ("kl", "length"),
        reward: str | None = None,
        kl_weight: float | None = None,
    ):
        self.charts = read_charts(runs, check_keys(curves, "curves", 4), panels)
        names = list(dict.fromkeys(name for name, _ in self.charts))
        weights = sorted({weight for _, weight in self.charts})
        first = next(iter(self.charts))
        chosen = (
            first[0] if reward is None else reward,
            first[1] if kl_weight is None else kl_weight,
        )
        if chosen not in self.charts:
            raise ValueError(f"There is no run of {chosen}; there are {list(self.charts)}.")
        self.limits = common_limits(list(self.charts.values()))
        style = {"layout": Layout(width="340px"), "style": {"description_width": "90px"}}
        self.reward = Dropdown(options=names, value=chosen[0], description="reward", **style)
        options = [(f"{weight:g}", weight) for weight in weights]
        self.weight = SelectionSlider(
            options=options, value=chosen[1], description="KL weight", **style
        )
        self.last = self.draw(*chosen)
        super().__init__([side_by_side([self.reward, self.weight])], self.last)
        for knob in (self.reward, self.weight):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, reward=self.reward, weight=self.weight)

    def picture(self) -> Picture:
        """The run for the present knobs, or the last one with a note that there is none."""
        chosen = self.reward.value, self.weight.value
        if chosen not in self.charts:
            known = ", ".join(f"{weight:g}" for name, weight in self.charts if name == chosen[0])
            return with_warning(
                f"No run of the reward {chosen[0]!r} was recorded with the KL weight "
                f"{chosen[1]:g}; there are runs with {known}.",
                self.last,
            )
        self.last = self.draw(*chosen)
        return self.last

    def draw(self, reward: str, weight: float) -> Picture:
        """Draw one run.

        Args:
            reward: Name of the reward.
            weight: KL weight.
        """
        chart = self.charts[reward, weight]
        title = f"Reward {reward!r}, KL weight {weight:g}"
        return Picture(
            chart.data()[""],
            chart.alt_text(title, {}),
            chart.draw(title, {}, self.limits),
            narrow=chart.draw(title, {}, self.limits, NARROW),
        )


def read_charts(
    runs: object, curves: Sequence[str], panels: Sequence[str]
) -> dict[tuple[str, float], ReinforcementChart]:
    """The chart of each run, with the keys that it has."""
    given = to_mapping(runs, "runs", EXAMPLE)
    if not given:
        raise ValueError(f"There is no run: give {EXAMPLE}.")
    charts = {}
    for key, run in given.items():
        if not (isinstance(key, tuple) and len(key) == 2 and isinstance(key[0], str)):
            raise ValueError(f"A key of runs must be (reward, KL weight), not {key!r:.60}.")
        weight = to_number(key[1], f"the KL weight of {key[0]!r}")
        seeds = read_seeds(f"{key[0]}, {weight:g}", run)
        kept = [[k for k in keys if all(k in seed for seed in seeds)] for keys in (curves, panels)]
        if not kept[0]:
            raise ValueError(f"The run {key} has none of {', '.join(curves)}: {list(seeds[0])}.")
        charts[key[0], weight] = ReinforcementChart({"": seeds}, *kept)
    return charts


def common_limits(charts: Sequence[ReinforcementChart]) -> dict[str, Range]:
    """Key -> its lowest and highest value in all runs."""
    keys = {key for chart in charts for key in (*chart.curves, *chart.panels)}
    found = {
        key: [v for chart in charts for v in chart.values([key]) if isfinite(v)] for key in keys
    }
    return {key: (min(values), max(values)) for key, values in found.items() if values}
