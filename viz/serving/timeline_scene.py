"""The bars of a batch timeline: slots as rows and time to the right, or for a phone time down."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene, title_scene
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED, PAPER, WHITE, blend
from viz.canvas.scene import Line, Rect, Scene, Text
from viz.canvas.ticks import format_digits, format_percent, linear_ticks
from viz.canvas.wrapping import wrap_text
from viz.serving.hatching import add_hatched
from viz.serving.timeline import Bar, Timeline

ROW, GAP = 17.0, 2.0  # height of a slot, and what is free between two
RUN_HEAD, RUN_GAP = 24.0, 14.0
TIME_HEIGHT = 470.0  # of the narrow form
AXIS, COLUMN_GAP, FIRST_COLUMN = 30.0, 12.0, 54.0  # of the narrow form
LIGHT = 0.66  # how pale a decode is
KEY = "dark: prefill; light: decode; hatched: the slot is idle"


class Box(NamedTuple):
    """A place on the sheet."""

    x: float
    y: float
    width: float
    height: float


Place = Callable[[float, float, int], Box]  # start, end, slot -> where that is


def wide_scene(runs: Mapping[str, Timeline], title: str, unit: str) -> Scene:
    """Slots as rows, time to the right, one run below the other."""
    colours = request_colours(runs)
    scene = title_scene(title)
    width = scene.width
    plot, last = width - 2 * MARGIN, max(run.end for run in runs.values())
    axis: list[tuple[float, float]] = []  # top and bottom of each run
    for name, run in runs.items():
        words, top = run_words(run, unit), scene.height + RUN_HEAD
        letters = int((plot - 6.6 * len(words)) / 7.6)
        scene.add(Text(MARGIN, top - 7, truncate(name, letters), 13, weight="600"))
        scene.add(Text(width - MARGIN, top - 7, words, 12, MUTED, "end"))

        def place(start: float, end: float, slot: int, top: float = top) -> Box:
            x = MARGIN + plot * start / last
            return Box(x, top + ROW * slot, plot * (end - start) / last, ROW - GAP)

        add_run(scene, run, place, colours)
        bottom = top + ROW * run.slots - GAP
        add_end(scene, MARGIN + plot * run.end / last, top, bottom, time_words(run.end, unit))
        axis.append((top, bottom))
        scene.height = bottom + RUN_GAP
    for time in linear_ticks(0, last, 7):
        x = MARGIN + plot * time / last
        lines = [Line(((x, top - 2), (x, bottom + 4)), FAINT, 1) for top, bottom in axis]
        scene.shapes[1:1] = lines  # below the bars
        anchor = "start" if x < MARGIN + 8 else "end" if x > width - MARGIN - 12 else "middle"
        scene.add(Text(x, scene.height + 6, tick_words(time, unit), 11, MUTED, anchor))
    scene.add(Text(MARGIN, scene.height + 27, KEY, 12, MUTED))
    scene.height += 40
    return scene


def narrow_scene(runs: Mapping[str, Timeline], title: str, unit: str) -> Scene:
    """Slots as columns, time down the page, the runs beside each other."""
    colours = request_colours(runs)
    scene = phone_title_scene(title)
    scene.height += 6
    spans = column_spans([run.slots for run in runs.values()])
    heads = [
        run_head(name, run, unit, width) for (name, run), (_, width) in zip(runs.items(), spans)
    ]
    for lines, (left, _) in zip(heads, spans):
        for i, (line, colour, weight) in enumerate(lines):
            scene.add(Text(left, scene.height + 13 * (i + 1), line, 11, colour, weight=weight))
    top = scene.height + 13 * max(map(len, heads)) + 10
    last = max(run.end for run in runs.values())
    for time in linear_ticks(0, last, 7):
        y = top + TIME_HEIGHT * time / last
        scene.add(Line(((AXIS, y), (NARROW - MARGIN / 2, y)), FAINT, 1))
        scene.add(Text(AXIS - 5, y + 4, format_digits(time), 10.5, MUTED, "end"))
    for run, (left, width) in zip(runs.values(), spans):
        column = min(width / run.slots, 26.0)

        def place(
            start: float, end: float, slot: int, left: float = left, column: float = column
        ) -> Box:
            y = top + TIME_HEIGHT * start / last
            length = TIME_HEIGHT * (end - start) / last
            return Box(left + column * slot, y, column - min(GAP, column / 6), length)

        add_run(scene, run, place, colours)
    scene.height = top + TIME_HEIGHT + 8
    for line in wrap_text(f"time in {'seconds' if unit == 's' else unit}; {KEY}", 50, 3):
        scene.height += 15
        scene.add(Text(MARGIN / 2, scene.height, line, 11.5, MUTED))
    scene.height += 12
    return scene


def add_run(scene: Scene, run: Timeline, place: Place, colours: Mapping[str, str]) -> None:
    """Add the bars of a run, and what is idle between them."""
    for slot, start, end in run.idle():
        box = place(start, end, slot)
        if min(box.width, box.height) > 1:
            add_hatched(scene, *box)
    for bar in run.bars:
        add_bar(scene, bar, place, colours[bar.request])


def add_bar(scene: Scene, bar: Bar, place: Place, colour: str) -> None:
    """Add one request: its prefill dark, its decode light, and its number if there is room."""
    whole = place(bar.start, bar.end, bar.slot)
    light = place(bar.decode, bar.end, bar.slot)
    dark = place(bar.start, bar.decode, bar.slot)
    scene.add(Rect(*whole, blend(colour, WHITE, LIGHT), PAPER, 0.8, radius=2))
    if bar.decode > bar.start:
        scene.add(Rect(*dark, colour, PAPER, 0.8, radius=2))
    for size in (10.5, 10.0 if scene.width <= NARROW else 9.0):
        if 0.64 * size * len(bar.request) + 0.6 <= light.width and size - 1 <= light.height:
            x, y = light.x + light.width / 2, light.y + light.height / 2 + 0.36 * size
            scene.add(Text(x, y, bar.request, size, INK, "middle"))
            return


def add_end(scene: Scene, x: float, top: float, bottom: float, words: str) -> None:
    """Mark the end of a run of the wide form, with its time if there is room to the right."""
    scene.add(Line(((x + 1, top - 1), (x + 1, bottom + 1)), INK, 2))
    if x + 10 + 9 * len(words) < scene.width - MARGIN:
        scene.add(Text(x + 9, (top + bottom) / 2 + 5.5, words, 16, INK, weight="600"))


def request_colours(runs: Mapping[str, Timeline]) -> dict[str, str]:
    """The same colour for a request in all runs."""
    names = dict.fromkeys(bar.request for run in runs.values() for bar in run.bars)
    return {name: CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(names)}


def column_spans(slots: list[int]) -> list[tuple[float, float]]:
    """Left side and width of each run of the narrow form; one slot has room for a name, too."""
    room = NARROW - AXIS - MARGIN / 2 - COLUMN_GAP * (len(slots) - 1)
    least = min(FIRST_COLUMN, room / len(slots))
    enough = [count for count in slots if room * count / sum(slots) >= least]
    left_over = room - least * (len(slots) - len(enough))
    spans, left = [], AXIS
    for count in slots:
        width = left_over * count / sum(enough) if count in enough else least
        spans.append((left, width))
        left += width + COLUMN_GAP
    return spans


def run_head(name: str, run: Timeline, unit: str, width: float) -> list[tuple[str, str, str]]:
    """The lines above a run of the narrow form, with colour and weight."""
    letters = max(6, int(width / 7))
    lines = [(line, INK, "600") for line in wrap_text(name, letters, 3)]
    idle = f"{format_percent(run.idle_share)} idle"
    return [*lines, (time_words(run.end, unit), MUTED, "600"), (idle, MUTED, "normal")]


def run_words(run: Timeline, unit: str) -> str:
    """How long a run takes, and how much of it is idle."""
    slots = "1 slot" if run.slots == 1 else f"{run.slots} slots"
    idle = f"{format_percent(run.idle_share)} of the slot time idle"
    return f"{slots}, {idle}, ends after {time_words(run.end, unit)}"


def time_words(time: float, unit: str) -> str:
    """The time with its unit."""
    return f"{format_digits(time)} {unit}"


def tick_words(time: float, unit: str) -> str:
    """The label of a tick; only the first has a unit."""
    return f"0 {unit}" if time == 0 else format_digits(time)
