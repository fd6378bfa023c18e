"""The parts of the memory of a GPU as a stacked bar, to scale, with the capacity of the GPU.

What does not fit is hatched.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, wrapped
from viz.canvas.palette import CATEGORIES, FAINT, INK, LINE, MUTED, ORANGE, PAPER, WHITE
from viz.canvas.picture import Picture
from viz.canvas.scene import Line, Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, MARGIN, BAR_HEIGHT, ROW_HEIGHT = 760.0, 16.0, 38.0, 74.0
VERDICT_ROW = 17.0  # on a phone the total has a line of its own
CAPACITY_FRACTION = 0.62  # of the width, at most: the rest shows what does not fit
HATCH_STEP = 7.0  # pixels between two lines
LETTER_WIDTH = 7.8  # pixels
UNITS = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("bytes", 1))
Bars = dict[str, dict[str, float]]


def draw_memory(
    bars: Mapping[str, Mapping[str, float]],
    *,
    capacity: float | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one stacked bar of memory for each name, all on the same scale.

    Args:
        bars: Bars by name, each a mapping part -> bytes. The same part has the same colour in all.
        capacity: Bytes of a GPU; what does not fit is hatched.
        title: Title of the chart; by default it says what fits, or what is largest.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data` has "bars", "totals" and "capacity", in bytes.

    Raises:
        ValueError: If a size is not a number of bytes, or if there is nothing to draw.

    Example:
        >>> bars = {"batch of 16": {"weights": 2**27, "logits": 3 * 2**30}}
        >>> draw_memory(bars, capacity=2**33).data["totals"]
        {'batch of 16': 3355443200}
    """
    sizes, totals = check_bars(bars, capacity)
    title = title or title_sentence(sizes, totals, capacity)
    parts = list(dict.fromkeys(part for bar in sizes.values() for part in bar))
    colours = {part: CATEGORIES[i % len(CATEGORIES)] for i, part in enumerate(parts)}
    longest = max(*totals.values(), (capacity or 0) / CAPACITY_FRACTION)
    part_sizes = next(iter(sizes.values())) if len(sizes) == 1 else {}

    def draw(width: float) -> Scene:
        heading = Text(MARGIN, 25, title, 15, weight="600")
        lines = wrapped(heading, width - 2 * MARGIN, 19) if width <= NARROW else [heading]
        scene, y = Scene(width, 0, [*lines]), lines[-1].y + 15
        scale = (width - 2 * MARGIN) / longest  # pixels for a byte
        for name, bar in sizes.items():
            add_bar(scene, y, name, bar, capacity, scale, colours)
            y += ROW_HEIGHT + (VERDICT_ROW if width <= NARROW else 0)
        scene.height = add_legend(scene, y, colours, part_sizes)
        return scene

    data = {"bars": sizes, "totals": totals, "capacity": capacity}
    alt = alt_text(sizes, totals, capacity, title)
    picture = Picture(data, alt, draw(WIDTH), narrow=draw(NARROW))
    return picture.draw_on(ax) if ax is not None else picture


def check_bars(
    bars: Mapping[str, Mapping[str, float]], capacity: float | None
) -> tuple[Bars, dict[str, float]]:
    """All sizes as Python numbers, and the sum of each bar. Raises: ValueError if one is wrong."""
    if not isinstance(bars, Mapping) or not bars:
        raise ValueError(
            f"bars must be a mapping bar -> (part -> bytes), at least one bar, such as "
            f"{{'batch of 16': {{'weights': 2**27}}}}; got {bars!r:.60}."
        )
    if capacity is not None and not (isfinite(capacity) and capacity > 0):
        raise ValueError(f"capacity={capacity!r} must be a number of bytes above 0, or None.")
    sizes = {str(name): check_bar(str(name), bar) for name, bar in bars.items()}
    totals = {name: sum(bar.values()) for name, bar in sizes.items()}
    if capacity is None and not any(totals.values()):
        raise ValueError("There is nothing to draw: all parts together have 0 bytes.")
    return sizes, totals


def check_bar(name: str, bar: Mapping[str, float]) -> dict[str, float]:
    """The sizes of one bar. Raises: ValueError if one is not a number of bytes."""
    if not isinstance(bar, Mapping) or not bar:
        raise ValueError(f"The bar {name!r} must be a mapping part -> bytes, not {bar!r:.60}.")
    sizes = {}
    for part, given in bar.items():
        size = given.item() if hasattr(given, "item") else given
        number = isinstance(size, (int, float)) and not isinstance(size, bool)
        if not number or not isfinite(size) or size < 0:
            raise ValueError(
                f"{part!r} of the bar {name!r} has {given!r:.40} bytes; it must be 0 or more."
            )
        sizes[str(part)] = size
    return sizes


def add_bar(
    scene: Scene,
    top: float,
    name: str,
    bar: Mapping[str, float],
    capacity: float | None,
    scale: float,
    colours: Mapping[str, str],
) -> None:
    """Add a name, the total, and the parts from left to right. `scale` is in pixels per byte."""
    y, total, plot_width = top + 22, sum(bar.values()), scene.width - 2 * MARGIN
    over = capacity is not None and total > capacity
    colour, verdict = ORANGE if over else MUTED, usage_text(total, capacity)
    letters = int(plot_width / LETTER_WIDTH) - len(verdict) - 2
    if scene.width <= NARROW:
        y, letters = y + VERDICT_ROW, int(plot_width / LETTER_WIDTH)
        scene.add(Text(MARGIN, top + 30, verdict, 13, colour, weight="600"))
    else:
        right = scene.width - MARGIN
        scene.add(Text(right, top + 13, verdict, 13, colour, "end", weight="600"))
    scene.add(Text(MARGIN, top + 13, truncate(name, letters), 13, INK, weight="600"))
    edge = MARGIN + (capacity * scale if capacity is not None else plot_width)
    if capacity is not None:
        scene.add(Rect(MARGIN, y - 3, edge - MARGIN, BAR_HEIGHT + 6, FAINT, LINE, radius=3))
    x = MARGIN
    spans = {}
    for part, size in bar.items():
        spans[part] = (x, x + size * scale)
        scene.add(Rect(x, y, size * scale, BAR_HEIGHT, colours[part]))
        if size * scale > 3:
            scene.add(
                Rect(x + size * scale - 1, y, 1, BAR_HEIGHT, PAPER)
            )  # a gap before the next part
        x += size * scale
    for line in hatch_lines(edge, x, y) if over else ():
        scene.add(Line(line, PAPER, 1.6))
    for part, (left, right) in spans.items():
        inside, outside = (left, min(right, edge)), (max(left, edge), right)
        widest = max(inside, outside, key=lambda span: span[1] - span[0])
        add_label(scene, *widest, y, part, bar[part], colours[part])
    if capacity is not None:
        scene.add(Rect(edge - 1, y - 7, 2.5, BAR_HEIGHT + 14, INK))


def add_label(
    scene: Scene, left: float, right: float, y: float, part: str, size: float, colour: str
) -> None:
    """Add the name and size of a part, or only its size, if there is space."""
    for label in (f"{part} {format_bytes(size)}", format_bytes(size)):
        if LETTER_WIDTH * len(label) + 14 < right - left:
            width = LETTER_WIDTH * len(label) + 8
            scene.add(Rect(left + 4, y + 9, width, BAR_HEIGHT - 18, colour))  # hides the hatching
            scene.add(Text(left + 8, y + BAR_HEIGHT / 2 + 4.5, label, 12.5, WHITE, weight="600"))
            return


def hatch_lines(left: float, right: float, y: float) -> Iterator[tuple[tuple[float, float], ...]]:
    """Slanting lines between two x values."""
    bottom = left
    while bottom < right + BAR_HEIGHT:
        up = min(BAR_HEIGHT, bottom - left)
        start = max(0.0, bottom - right)
        if up > start:
            yield ((bottom - start, y + start), (bottom - up, y + up))
        bottom += HATCH_STEP


def add_legend(
    scene: Scene, y: float, colours: Mapping[str, str], sizes: Mapping[str, float]
) -> float:
    """Add the colour of every part, with its size if `sizes` has one. Returns the bottom."""
    x = MARGIN
    for part, colour in colours.items():
        words = truncate(part, 40) + (f" {format_bytes(sizes[part])}" if sizes else "")
        width = 18 + 6.8 * len(words) + 18
        if x > MARGIN and x + width > scene.width:
            x, y = MARGIN, y + 20
        scene.add(Rect(x, y, 12, 12, colour, radius=2), Text(x + 18, y + 10.5, words, 12.5, INK))
        x += width
    return y + 26


def format_bytes(size: float) -> str:
    """3296722944 -> 3.07 GiB: three digits and a unit."""
    unit, unit_bytes = next((pair for pair in UNITS if size >= 0.0995 * pair[1]), UNITS[-1])
    count = size / unit_bytes
    return f"{count:,.0f} {unit}" if count >= 100 else f"{count:.3g} {unit}"


def usage_text(total: float, capacity: float | None) -> str:
    """The total of a bar, compared with the capacity."""
    if capacity is None:
        return format_bytes(total)
    if total <= capacity:
        return f"{format_bytes(total)} of {format_bytes(capacity)}"
    return (
        f"{format_bytes(total)}: {format_bytes(total - capacity)} over the {format_bytes(capacity)}"
    )


def title_sentence(sizes: Bars, totals: Mapping[str, float], capacity: float | None) -> str:
    """The title: how many bars fit, or which bar or part is largest."""
    if capacity is not None and len(sizes) > 1:
        fit = sum(total <= capacity for total in totals.values())
        return f"{fit} of {len(sizes)} fit into {format_bytes(capacity)}"
    if len(sizes) > 1:
        largest = max(totals, key=lambda name: totals[name])
        return f"{largest} needs the most: {format_bytes(totals[largest])}"
    ((_, bar),) = sizes.items()
    part = max(bar, key=lambda part: bar[part])
    return f"Most of it: {part}, {format_bytes(bar[part])} of {format_bytes(sum(bar.values()))}"


def alt_text(sizes: Bars, totals: Mapping[str, float], capacity: float | None, title: str) -> str:
    """One sentence for each bar: its sum, whether it fits, and its parts."""
    sentences = []
    for name, bar in sizes.items():
        parts = ", ".join(f"{part} {format_bytes(size)}" for part, size in bar.items())
        verdict = usage_text(totals[name], capacity)
        if capacity is not None and totals[name] > capacity:
            verdict += ", so it does not fit"
        sentences.append(f"{name}: {verdict} ({parts}).")
    return f"{title}. {' '.join(sentences)}"
