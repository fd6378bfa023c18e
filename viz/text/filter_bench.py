"""A slider for the threshold of each filter: what is kept, and which good documents are removed.

The drawing is in `viz/text/filtering.py`.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ipywidgets import FloatSlider, IntSlider, Layout

from viz.canvas.control import Control, side_by_side
from viz.canvas.picture import Picture
from viz.text.filtering import RULES, Filter, draw_filtering

HEIGHT = 250.0  # pixels of the squares, so that they and the sliders are on one screen
STEPS = 50  # from one end of a slider to the other
SliderRange = tuple[float, float, float]
FilterControl = tuple[Sequence[float], str, SliderRange]


class FilterBench(Control):
    """Move the thresholds of filters; see which documents they remove, good and bad ones.

    Args:
        documents: The texts.
        filters: Mapping name -> (numbers, "at least" or "at most", (lowest, highest, first)): a
            number for each document, which side of the threshold is kept, and the range and first
            value of the threshold. A range of integers moves in integers.
        good: Indices of documents that somebody has read and would keep.
        bad: Indices of documents that somebody has read and would remove.

    Raises:
        ValueError: If there is no filter, or a first value is outside its range.

    Example:
        >>> bench = FilterBench(["a", "bb"], {"letters": ([1, 2], "at least", (0, 5, 2))}, good=[0])
        >>> bench.still.data["kept"]
        [1]
    """

    def __init__(
        self,
        documents: Sequence[str],
        filters: Mapping[str, FilterControl],
        good: Collection[int] = (),
        bad: Collection[int] = (),
    ) -> None:
        if not filters:
            raise ValueError("There is no filter: give at least one, each with a name.")
        self.documents, self.good, self.bad = list(documents), good, bad
        self.filters = {str(name): control for name, control in filters.items()}
        self.sliders = {
            name: threshold_slider(name, control) for name, control in self.filters.items()
        }
        super().__init__([side_by_side(list(self.sliders.values()))], self.picture())
        for knob in self.sliders.values():
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The funnel for the current thresholds."""
        current: dict[str, Filter] = {
            name: (numbers, rule, self.sliders[name].value)
            for name, (numbers, rule, _) in self.filters.items()
        }
        return draw_filtering(self.documents, current, self.good, self.bad, height=HEIGHT)


def threshold_slider(name: str, control: FilterControl) -> IntSlider | FloatSlider:
    """A slider for (numbers, rule, (lowest, highest, first))."""
    if not is_filter_control(control):
        raise ValueError(
            f"The filter {name!r} must be (numbers, 'at least' or 'at most', (lowest, highest, "
            f"first)), such as (lengths, 'at least', (0, 2000, 200)); got {control!r:.80}."
        )
    lowest, highest, initial = limits = control[2]
    options: dict[str, Any] = {"min": lowest, "max": highest, "value": initial}
    options |= {"description": f"{name}: {control[1]}", "layout": Layout(width="400px")}
    options |= {"style": {"description_width": "196px"}}
    if all(isinstance(value, int) for value in limits):
        return IntSlider(step=max(1, int(highest - lowest) // STEPS), **options)
    return FloatSlider(step=(highest - lowest) / STEPS, readout_format=".3g", **options)


def is_filter_control(control: object) -> bool:
    """Whether it is (numbers, a known rule, (lowest, highest, first)) in this order."""
    if not isinstance(control, tuple) or len(control) != 3 or control[1] not in list(RULES):
        return False
    limits = control[2]
    if not isinstance(limits, tuple) or len(limits) != 3:
        return False
    lowest, highest, initial = limits
    are_numbers = all(isinstance(x, (int, float)) for x in limits)
    return are_numbers and lowest <= initial <= highest and lowest < highest
