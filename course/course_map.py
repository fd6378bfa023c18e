"""A map of the lessons: what each one needs, and how many of its questions are answered.

It is HTML with inline styles, and the tracks are an image. So it also works in a notebook that
JupyterLab does not trust, where scripts and SVG are removed. A title is a link if the stop has one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from viz.canvas.labels import printable
from viz.canvas.palette import FAINT, GREEN, INK, LINE, MUTED, PAPER, WHITE
from viz.canvas.picture import ADAPTS, DARK_STYLE, Picture, image_tag
from viz.canvas.scene import Circle, Scene, Text
from viz.canvas.scene import Line as Stroke

ROW = 48  # pixels from stop to stop: on a phone two lines of a title, and one with the numbers
LANE = 32  # pixels from one lane to the next
EDGE = 16
RADIUS = 13

Point = tuple[float, float]


@dataclass(frozen=True)
class Stop:
    """One stop. `needs` are the numbers of stops that come before; `done` of `of` questions.

    Example: Stop(1, "go on", needs=(0,), of=3).done -> 0
    """

    number: int
    title: str
    note: str = ""  # shown on hover
    minutes: int = 0
    needs: tuple[int, ...] = ()
    link: str = ""
    done: int = 0
    of: int = 0


def draw_course_map(stops: Sequence[Stop], *, title: str = "") -> Picture:
    """Draw the stops from top to bottom, tracks from the needed stops, and a bar for progress.

    Raises:  ValueError for a need that is not an earlier stop, or if `done` is above `of`.
    Example: draw_course_map([Stop(0, "begin", of=5, done=2), Stop(1, "go on", needs=(0,), of=3)])
    """
    check(stops)
    progress = any(stop.of for stop in stops)
    rows = "".join(row_of(stop, progress) for stop in stops)
    rail = rail_of(stops)
    alt = describe(stops, title)
    head = f'<div style="font-size: 15px; font-weight: 600; margin-bottom: 6px">{escape(title)}'
    html = (
        f'<div class="{ADAPTS}" '
        f'style="background-color: {PAPER}; color: {INK}; padding: 12px; border-radius: 6px; '
        f'max-width: 760px; font-family: sans-serif">{head + "</div>" if title else ""}'
        f'<div style="display: grid; grid-template-columns: {rail.width:.0f}px 1fr; gap: 10px">'
        f"<div>{image_tag(rail.to_svg(alt), alt, rail.width)}</div>"
        f'<div style="min-width: 0">{rows}</div></div></div>{DARK_STYLE}'
    )
    return Picture([vars(stop) for stop in stops], alt, html=html)


def check(stops: Sequence[Stop]) -> None:
    """Raises: ValueError, as in `draw_course_map`."""
    if not stops:
        raise ValueError("Give at least one stop.")
    passed: set[int] = set()
    for stop in stops:
        if not set(stop.needs) <= passed:
            strange = min(set(stop.needs) - passed)
            raise ValueError(
                f"Stop {stop.number} needs {strange}, which is not a stop above it; above it are "
                f"{sorted(passed) or 'none'}."
            )
        if not 0 <= stop.done <= stop.of:
            raise ValueError(f"Stop {stop.number} has {stop.done} of {stop.of} questions done.")
        passed.add(stop.number)


def rail_of(stops: Sequence[Stop]) -> Scene:
    """The stops, each in its lane, and the tracks between them."""
    row = {stop.number: i for i, stop in enumerate(stops)}
    tracks = without_detours(stops)
    lane = lanes_of(stops, tracks)
    across = {number: EDGE + LANE * lane[number] for number in lane}
    down = {number: ROW * (row[number] + 0.5) for number in row}
    scene = Scene(EDGE * 2 + LANE * max(lane.values()), ROW * len(stops))
    for stop in stops:
        for need in tracks[stop.number]:
            begin, end = (across[need], down[need]), (across[stop.number], down[stop.number])
            branches_off = lane[stop.number] > lane[need]
            scene.add(Stroke(track(begin, end, branches_off), LINE, 4))
    for stop in stops:
        whole = stop.of and stop.done == stop.of
        fill, ink = (GREEN, WHITE) if whole else (WHITE, INK)
        x, y = across[stop.number], down[stop.number]
        scene.add(Circle(x, y, RADIUS, fill, GREEN if stop.done else MUTED, 2))
        scene.add(Text(x, y + 4.5, str(stop.number), 13, ink, "middle", "bold"))
    return scene


def without_detours(stops: Sequence[Stop]) -> dict[int, list[int]]:
    """The direct needs of each stop (transitive reduction): fewer tracks, the same order."""
    before: dict[int, set[int]] = {}
    tracks = {}
    for stop in stops:
        further = {number for need in stop.needs for number in before[need]}
        before[stop.number] = further | set(stop.needs)
        tracks[stop.number] = sorted(set(stop.needs) - further)
    return tracks


def lanes_of(stops: Sequence[Stop], tracks: dict[int, list[int]]) -> dict[int, int]:
    """The lane of each stop: that of a needed stop if it is free, otherwise a new one."""
    lane: dict[int, int] = {}
    end_of: dict[int, int] = {}  # lane -> the last stop in it
    for stop in stops:
        free = [lane[need] for need in tracks[stop.number] if end_of[lane[need]] == need]
        lane[stop.number] = min(free, default=len(end_of))
        end_of[lane[stop.number]] = stop.number
    return lane


def track(begin: Point, end: Point, branches_off: bool) -> tuple[Point, ...]:
    """A line down that changes lanes smoothly, at its beginning or just before its end."""
    (x0, y0), (x1, y1) = begin, end
    top = y0 if branches_off else y1 - ROW
    bend = [(step / 16) for step in range(17)]
    curve = [(x0 + (x1 - x0) * s * s * (3 - 2 * s), top + ROW * s) for s in bend]
    return (begin, *curve, end)


def row_of(stop: Stop, progress: bool) -> str:
    """Title and minutes of one stop, and its bar if the map shows progress."""
    name = escape(printable(stop.title))
    if stop.link:
        style = f"color: {INK}; text-decoration: underline"
        name = f'<a href="{escape(stop.link)}" style="{style}">{name}</a>'
    share = stop.done / stop.of if stop.of else 0
    bar = (
        f'<div style="background-color: {FAINT}; border-radius: 4px; height: 8px">'
        f'<div style="background-color: {GREEN}; border-radius: 4px; height: 8px; '
        f'width: {100 * share:.0f}%"></div></div>'
    )
    grey = f"color: {MUTED}; font-size: 12px; white-space: nowrap"
    numbers = [f'<div style="{grey}">{f"{stop.minutes} min" if stop.minutes else ""}</div>']
    columns = "44px"
    if progress:
        columns += " minmax(0, 110px) 52px"
        numbers += [
            bar if stop.of else "<div></div>",
            f'<div style="{grey}">{f"{stop.done} of {stop.of}" if stop.of else ""}</div>',
        ]
    # On a narrow page the numbers are below the title.
    return (
        f'<div title="{escape(printable(stop.note))}" style="display: flex; flex-wrap: wrap; '
        f"align-items: center; align-content: center; column-gap: 8px; "
        f'height: {ROW}px; color: {INK}">'
        f'<div style="flex: 1 1 260px; font-size: 13.5px; line-height: 1.05">{name}</div>'
        f'<div style="display: grid; grid-template-columns: {columns}; gap: 8px; '
        f'align-items: center">{"".join(numbers)}</div></div>'
    )


def describe(stops: Sequence[Stop], title: str) -> str:
    """One sentence: the number of stops, the progress and the needs of each."""
    sentences = []
    for stop in stops:
        needs = f", needs {', '.join(map(str, stop.needs))}" if stop.needs else ""
        answered = f", {stop.done} of {stop.of} questions answered" if stop.of else ""
        sentences.append(f"{stop.number} {stop.title}{answered}{needs}")
    sentence = f"{len(stops)} stops. {'; '.join(sentences)}."
    return f"{title}: {sentence}" if title else sentence
