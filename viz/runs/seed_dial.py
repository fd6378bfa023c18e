"""Knobs for how many seeds are looked at, and in which setting: watch the verdicts change."""

from collections.abc import Mapping, Sequence
from typing import Any

from ipywidgets import Dropdown, IntSlider, Layout

from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.dials.frames import page_frames
from viz.runs.seeds import draw_seeds

Runs = Mapping[str, Sequence[float]]


class SeedDial(Control):
    """A slider for the number of seeds, and a list of settings.

    Args:
        tables: Setting -> switch -> losses, one for each seed.
        baseline: The switch that the others are compared with.
        limit: Largest difference on the axis.
        seeds: First value of the slider; None: all.

    Raises:
        ValueError: If a table has no baseline, or there is no table.

    Example:
        >>> runs = {"plain": [2.0, 2.1, 2.05], "new": [1.5, 1.6, 1.55]}
        >>> SeedDial({"small": runs}, "plain").still.data["verdicts"]
        {'new': 'lower'}
    """

    def __init__(
        self,
        tables: Mapping[str, Runs],
        baseline: str,
        *,
        limit: float | None = None,
        seeds: int | None = None,
    ):
        if not tables:
            raise ValueError("There are no tables: give {'small': {'plain': [2.0, 2.1]}}.")
        self.tables, self.baseline, self.limit = tables, baseline, limit
        most = max(len(losses) for table in tables.values() for losses in table.values())
        style = {"layout": Layout(width="320px"), "style": {"description_width": "60px"}}
        self.setting = Dropdown(options=list(tables), description="setting", **style)
        self.seeds = IntSlider(value=seeds or most, min=1, max=most, description="seeds", **style)
        super().__init__([side_by_side([self.setting, self.seeds])], self.picture())
        for knob in (self.setting, self.seeds):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, setting=self.setting, seeds=self.seeds)

    def picture(self) -> Picture:
        """The first seeds of the setting that is chosen."""
        table = self.tables[self.setting.value]
        count = min(self.seeds.value, max(map(len, table.values())))
        shown = {name: losses[:count] for name, losses in table.items()}
        words = "one seed" if count == 1 else f"{count} seeds"
        return draw_seeds(
            shown, self.baseline, limit=self.limit, title=f"{self.setting.value}: {words}"
        )
