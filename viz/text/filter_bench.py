"""A slider for the threshold of each filter: how much is kept, and what is lost that was good.

The drawing is in `viz/text/filtering.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ipywidgets import FloatSlider, IntSlider, Layout

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.text.filtering import RULES, Filter, draw_filtering

STEPS = 50  # from one end of a slider to the other
SliderRange = tuple[float, float, float]
FilterControl = tuple[Sequence[float], str, SliderRange]


class FilterBench(Control):
    """Move the thresholds; see which documents go, and how many of the good ones with them.

    A filter is (numbers, "at least" or "at most", (lowest, highest, first)): a number for each
    document, which of them stay, and where the slider of the threshold ends and begins. A
    threshold of whole numbers moves in whole numbers. `good` are the places of documents that
    somebody has read and would keep, `bad` those of junk; how many of these stay is told.
    Raises:  ValueError for a range whose first value does not lie between its ends.
    Example: FilterBench(["a", "bb"], {"letters": ([1, 2], "at least", (0, 5, 2))}, good=[0])
    """

    def __init__(
        self,
        documents: Sequence[str],
        filters: Mapping[str, FilterControl],
        good: Collection[int] = (),
        bad: Collection[int] = (),
    ):
        if not filters:
            raise ValueError("There is no filter: give at least one, each with a name.")
        self.documents, self.good, self.bad = list(documents), good, bad
        self.filters = {str(name): control for name, control in filters.items()}
        self.sliders = {
            name: threshold_slider(name, control) for name, control in self.filters.items()
        }
        super().__init__(list(self.sliders.values()), self.picture())
        for knob in self.sliders.values():
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The funnel for where the thresholds stand."""
        current: dict[str, Filter] = {
            name: (numbers, rule, self.sliders[name].value)
            for name, (numbers, rule, _) in self.filters.items()
        }
        return draw_filtering(self.documents, current, self.good, self.bad)


def threshold_slider(name: str, control: FilterControl) -> IntSlider | FloatSlider:
    """Raises: ValueError unless given as (numbers, rule, (lowest, highest, first))."""
    if not is_filter_control(control):
        raise ValueError(
            f"The filter {name!r} must be (numbers, 'at least' or 'at most', (lowest, highest, "
            f"first)), such as (lengths, 'at least', (0, 2000, 200)); got {control!r:.80}."
        )
    lowest, highest, initial = limits = control[2]
    style: dict[str, Any] = {"min": lowest, "max": highest, "value": initial}
    style |= {"description": f"{name}: {control[1]}", "layout": Layout(width="620px")}
    style |= {"style": {"description_width": "260px"}}
    if all(isinstance(value, int) for value in limits):
        return IntSlider(step=max(1, int(highest - lowest) // STEPS), **style)
    return FloatSlider(step=(highest - lowest) / STEPS, readout_format=".3g", **style)


def is_filter_control(control) -> bool:
    """Whether it is a rule that we know, and three numbers of which the last is in between."""
    if not isinstance(control, tuple) or len(control) != 3 or control[1] not in list(RULES):
        return False
    limits = control[2]
    if not isinstance(limits, tuple) or len(limits) != 3:
        return False
    lowest, highest, initial = limits
    return (
        all(isinstance(x, (int, float)) for x in limits)
        and lowest <= initial <= highest
        and lowest < highest
    )
