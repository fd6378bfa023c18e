"""Choose how many requests arrive and how many slots there are, and see who waits how long."""

from collections.abc import Mapping
from typing import Any

from ipywidgets import Layout, SelectionSlider

from viz.canvas.control import Control, side_by_side
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, WIDTH, page_of, phone_page_of
from viz.canvas.palette import CATEGORIES, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Scene
from viz.canvas.ticks import format_digits
from viz.canvas.warnings import with_warning
from viz.curves.loss_scene import BOTTOM, ChartOptions, LossScene
from viz.dials.frames import page_frames
from viz.serving.batching_record import KEYS, Point, Record, curves_of, read_record
from viz.serving.speed_panel import HEIGHT

UNITS = {"wait": "seconds of waiting", "tokens_per_second": "tokens a second"}


class BatchingDial(Control):
    """A slider for requests a second and one for slots, over recorded or simulated serving.

    The curves are those of the chosen number of slots; the line marks the chosen rate.

    Args:
        simulated: (requests a second, slots) -> way of serving, such as "continuous batching" ->
            a mapping with "wait" (seconds) and "tokens_per_second".
        rate: The first rate; None takes that of the first point.
        slots: The first number of slots; None takes that of the first point.

    Raises:
        ValueError: If a number is missing or below 0, or the first point was not simulated.

    Example:
        >>> point = {"one by one": {"wait": 15, "tokens_per_second": 27}}
        >>> busy = {"one by one": {"wait": 63, "tokens_per_second": 28}}
        >>> dial = BatchingDial({(1, 16): point, (2, 16): busy})
        >>> dial.rate.value = 2.0
        >>> dial.picture().data["one by one"]["wait"]
        63.0
    """

    def __init__(
        self,
        simulated: Mapping[tuple[float, int], Mapping[str, Any]],
        *,
        rate: float | None = None,
        slots: int | None = None,
    ):
        self.record = read_record(simulated)
        first = next(iter(self.record))
        chosen = first[0] if rate is None else rate, first[1] if slots is None else slots
        if chosen not in self.record:
            raise ValueError(f"{chosen} was not simulated; there are {list(self.record)[:8]}.")
        style = {"layout": Layout(width="340px"), "style": {"description_width": "120px"}}
        rates = sorted({rate for rate, _ in self.record})
        counts = sorted({count for _, count in self.record})
        self.rate = SelectionSlider(
            options=[(f"{one:g}", one) for one in rates],
            value=chosen[0],
            description="requests a second",
            **style,
        )
        self.slots = SelectionSlider(options=counts, value=chosen[1], description="slots", **style)
        self.last = draw_batching(self.record, *chosen)
        super().__init__([side_by_side([self.rate, self.slots])], self.last)
        for knob in (self.rate, self.slots):
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, slots=self.slots, rate=self.rate)

    def picture(self) -> Picture:
        """The curves for the present knobs, or the last ones with a note that there are none."""
        chosen = self.rate.value, self.slots.value
        if chosen not in self.record:
            known = ", ".join(f"{rate:g}" for rate, slots in self.record if slots == chosen[1])
            return with_warning(
                f"{chosen[0]:g} requests a second were not simulated with {chosen[1]} slots; there "
                f"are {known}.",
                self.last,
            )
        self.last = draw_batching(self.record, *chosen)
        return self.last


def draw_batching(record: Record, rate: float, slots: int) -> Picture:
    """Draw waiting time and throughput over the rate, for one number of slots.

    Args:
        record: What was simulated, checked.
        rate: The rate that is marked.
        slots: The number of slots.
    """
    point = record[rate, slots]
    title = title_sentence(point, rate, slots)
    parts = [
        f"{way}: {format_digits(numbers['wait'])} s of waiting, "
        f"{format_digits(numbers['tokens_per_second'])} tokens a second"
        for way, numbers in point.items()
    ]
    return Picture(
        point,
        f"{title}. {'; '.join(parts)}.",
        page_of(title, [panel(record, rate, slots, key, WIDTH / 2) for key in KEYS]),
        narrow=phone_page_of(title, [panel(record, rate, slots, key, NARROW) for key in KEYS]),
    )


def panel(record: Record, rate: float, slots: int, key: str, width: float) -> Scene:
    """One chart, whose axes are the same for all numbers of slots."""
    curves = curves_of(record, slots, key)
    values = [way[key] for point in record.values() for way in point.values()]
    rates = sorted({one for one, _ in record})
    is_log = key == "wait" and min(values) > 0
    named = {
        f"{way}: {format_digits(record[rate, slots][way][key])}": curve
        for way, curve in curves.items()
    }
    options = ChartOptions(
        unit=UNITS[key] + (" (logarithmic)" if is_log else ""),
        x_label="requests a second",
        log_y=is_log,
        smooth=False,
        value_format="",
        width=width,
        height=HEIGHT,
        x_ticks={one: f"{one:g}" for one in rates},
        points=[
            (one, value) for one in (rates[0], rates[-1]) for value in (min(values), max(values))
        ],
    )
    chart = LossScene(named, options)
    x, _ = chart.to_pixels(rate, values[0])
    mark = Line(((x, chart.top + 3), (x, chart.scene.height - BOTTOM)), MUTED, 1.4, dash="4 3")
    chart.scene.shapes.insert(0, mark)
    for way, colour in zip(curves, CATEGORIES):
        y = chart.to_pixels(rate, record[rate, slots][way][key])[1]
        chart.scene.add(Circle(x, y, 5, colour, PAPER, 1.4))
    return chart.scene


def title_sentence(point: Point, rate: float, slots: int) -> str:
    """Who waits shortest and longest."""
    first, *rest = sorted(point, key=lambda way: point[way]["wait"])
    where = f"{rate:g} requests a second, {slots} slots"
    words = f"{where}: {truncate(first, 24)} waits {format_digits(point[first]['wait'])} s"
    if not rest:
        return words
    return f"{words}, {truncate(rest[-1], 24)} {format_digits(point[rest[-1]]['wait'])} s"
