"""Weights in fewer bits: the loss that it adds, the bytes that it saves, and the speed it brings.

The speed depends on how many rows are computed at once: few rows wait for the weights to be read,
many rows for the arithmetic.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import to_mapping, to_number, to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, WIDTH, page_of, phone_page_of
from viz.canvas.palette import CATEGORIES, FAINT, INK, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.canvas.ticks import format_digits
from viz.curves.series import Series
from viz.hardware.memory import UNITS, format_bytes
from viz.serving.speed_panel import curve_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXAMPLE = "{'int8': {'loss_added': 0.0004, 'bytes': 124e6, 'speedup': {1: 1.7, 64: 0.5}}}"
MAX_FORMATS = 8
BARS_WIDTH, ROW, BAR = 300.0, 35.0, 9.0


def draw_quantization(
    rows: Mapping[str, Mapping[str, Any]], *, title: str = "", ax: "Axes | None" = None
) -> Picture:
    """Draw loss, bytes and speed of a model in several number formats.

    Args:
        rows: Formats by name, each a mapping with "loss_added" (nats per token), "bytes" (of the
            weights) and "speedup", a mapping rows at once -> times as fast as the first format.
            What no format has is left out.
        title: Title of the picture; by default it names the fastest for one row, and where it is
            slower.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture. `.data` has "loss_added" and "bytes" by name, and "speedup", name -> (rows,
        values). Or `ax`, if given.

    Raises:
        ValueError: If a number is missing or cannot be.

    Example:
        >>> rows = {"fp32": {"loss_added": 0, "bytes": 400, "speedup": {1: 1, 64: 1}}}
        >>> rows["int4"] = {"loss_added": 0.05, "bytes": 62, "speedup": {1: 4.2, 64: 0.7}}
        >>> draw_quantization(rows)
        Picture: 4.2 times as fast in int4 for 1 row, but 0.7 times for 64. ...
    """
    data = read_formats(rows)
    names = list(to_mapping(rows, "rows", EXAMPLE))
    colours = {str(name): CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(names)}
    heading = title or title_sentence(data)
    picture = Picture(
        data,
        alt_text(heading, data),
        page_of(heading, panels(data, colours, narrow=False)),
        narrow=phone_page_of(heading, panels(data, colours, narrow=True)),
    )
    return picture.draw_on(ax) if ax is not None else picture


def read_formats(rows: object) -> dict[str, Any]:
    """Key -> format -> value, for the keys that all formats have."""
    given = to_mapping(rows, "rows", EXAMPLE)
    if not 0 < len(given) <= MAX_FORMATS:
        raise ValueError(f"rows must have 1 to {MAX_FORMATS} formats, such as {EXAMPLE}.")
    formats = {
        str(name): to_mapping(row, f"rows[{name!r}]", EXAMPLE) for name, row in given.items()
    }
    data: dict[str, Any] = {}
    for key, read in (("loss_added", read_loss), ("bytes", read_bytes), ("speedup", read_speeds)):
        having = [name for name, row in formats.items() if row.get(key) is not None]
        if having and len(having) < len(formats):
            without = next(name for name in formats if name not in having)
            raise ValueError(f"{without!r} has no {key!r}, but others have: give it to all.")
        if having:
            data[key] = {name: read(f"{key} of {name!r}", formats[name][key]) for name in formats}
    if not data:
        raise ValueError(f"There is nothing to draw: give {EXAMPLE}.")
    return data


def read_loss(name: str, value: Any) -> float:
    """A finite number."""
    [number] = to_numbers([to_number(value, name)], name)
    return number


def read_bytes(name: str, value: Any) -> float:
    """A number above 0."""
    number = read_loss(name, value)
    if number <= 0:
        raise ValueError(f"{name} is {number:g}; it must be above 0.")
    return number


def read_speeds(name: str, value: Any) -> Series:
    """Rows at once, and how many times as fast."""
    speeds = {}
    for rows, speed in to_mapping(value, name, "{1: 4.2, 64: 0.7}").items():
        count = read_loss(f"the rows of {name}", rows)
        if count < 1 or not count.is_integer():
            raise ValueError(f"{name} has {count:g} rows: it must be a whole number, 1 or more.")
        speeds[count] = read_bytes(f"{name} at {count:g} rows", speed)
    if not speeds:
        raise ValueError(f"{name} is empty: give at least one, such as {{1: 4.2}}.")
    return sorted(speeds), [speeds[count] for count in sorted(speeds)]


def panels(data: Mapping[str, Any], colours: Mapping[str, str], narrow: bool) -> list[Scene]:
    """Bars of the loss and of the bytes, and curves of the speed."""
    has_curves = "speedup" in data
    width = NARROW if narrow else BARS_WIDTH if has_curves else WIDTH
    bars = []
    if "loss_added" in data:
        words = {name: signed(added) for name, added in data["loss_added"].items()}
        bars.append(
            bar_panel("loss added (nats per token)", data["loss_added"], words, colours, width)
        )
    if "bytes" in data:
        words = in_one_unit(data["bytes"])
        bars.append(bar_panel("bytes of the weights", data["bytes"], words, colours, width))
    drawn = [vstack(*bars)] if bars else []
    if has_curves:
        rest = NARROW if narrow else WIDTH - (BARS_WIDTH if bars else 0)
        label = "rows at once (logarithmic)"
        first = next(iter(data["speedup"]))
        unit = f"times as fast as {truncate(first, 20)}"
        drawn.append(
            curve_panel(
                data["speedup"],
                unit,
                label,
                rest,
                log_x=True,
                slower=f"slower than {truncate(first, 20)}",
            )
        )
    return drawn


def bar_panel(
    label: str,
    values: Mapping[str, float],
    words: Mapping[str, str],
    colours: Mapping[str, str],
    width: float,
) -> Scene:
    """A bar for each format, with its number to the right."""
    scene = Scene(width, 28)
    scene.add(Text(MARGIN, 20, label, 12.5, MUTED, weight="600"))
    largest = max(map(abs, values.values())) or 1.0
    room = width - 2 * MARGIN
    for name, value in values.items():
        y = scene.height
        letters = int((room - 7.2 * len(words[name])) / 7.4) - 1
        scene.add(Text(MARGIN, y + 14, truncate(name, letters), 12.5, colours[name], weight="600"))
        scene.add(Text(width - MARGIN, y + 14, words[name], 12, INK, "end"))
        scene.add(Rect(MARGIN, y + 19, room, BAR, FAINT, radius=2))
        length = max(room * value / largest, 1.5)
        scene.add(Rect(MARGIN, y + 19, length, BAR, colours[name], radius=2))
        scene.height += ROW
    scene.height += 8
    return scene


def in_one_unit(sizes: Mapping[str, float]) -> dict[str, str]:
    """The sizes with the unit that suits the smallest."""
    unit, unit_bytes = next((u for u in UNITS if min(sizes.values()) >= u[1]), UNITS[-1])
    return {name: f"{format_digits(size / unit_bytes)} {unit}" for name, size in sizes.items()}


def signed(number: float) -> str:
    """The number with its sign; 0 has none."""
    sign = "+" if number > 0 else "−" if number < 0 else ""
    return f"{sign}{format_digits(abs(number), 2)}"


def title_sentence(data: Mapping[str, Any]) -> str:
    """The format that is fastest for the fewest rows, and how fast it is for the most."""
    if "speedup" not in data:
        key = "bytes" if "bytes" in data else "loss_added"
        name = min(data[key], key=lambda name: data[key][name])
        least = format_bytes(data[key][name]) if key == "bytes" else format_digits(data[key][name])
        return f"{truncate(name, 30)} has the least: {least}"
    speeds: Mapping[str, Series] = data["speedup"]
    name = max(speeds, key=lambda name: speeds[name][1][0])
    (few, *_, many), (first, *_, last) = (
        2 * part if len(part) == 1 else part for part in speeds[name]
    )
    sentence = f"{format_digits(first)} times as fast in {truncate(name, 24)} for {rows_words(few)}"
    if few == many:
        return sentence
    return (
        f"{sentence}, {'but' if last < first else 'and'} {format_digits(last)} times for {many:g}"
    )


def rows_words(count: float) -> str:
    """1 row, 2 rows."""
    return "1 row" if count == 1 else f"{count:g} rows"


def alt_text(heading: str, data: Mapping[str, Any]) -> str:
    """One sentence for each format."""
    names: Sequence[str] = list(next(iter(data.values())))
    parts = []
    for name in names:
        facts = []
        if "loss_added" in data:
            facts.append(f"loss {format_digits(data['loss_added'][name])} more")
        if "bytes" in data:
            facts.append(in_one_unit(data["bytes"])[name])
        if "speedup" in data:
            points = zip(*data["speedup"][name])
            speeds = ", ".join(f"{format_digits(v)} for {rows_words(n)}" for n, v in points)
            facts.append(f"times as fast: {speeds}")
        parts.append(f"{name}: {'; '.join(facts)}")
    return f"{heading}. {'. '.join(parts)}."
