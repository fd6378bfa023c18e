"""One number as the bits of several floating-point formats, and the number that is stored.

The formats are aligned where exponent and mantissa meet, so that one can compare their lengths.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from math import isinf, isnan
from typing import TYPE_CHECKING, Any, TypedDict

from viz.canvas.arrays import did_you_mean
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, wrapped
from viz.canvas.palette import BLUE, INK, MUTED, ORANGE, SLATE, WHITE, blend
from viz.canvas.picture import DIAL, Picture
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.ticks import SUPERSCRIPTS
from viz.hardware.number_formats import FORMATS, NumberFormat

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELL_WIDTH, CELL_HEIGHT, ROW_HEIGHT, MARGIN, GAP = 18.0, 22.0, 84.0, 16.0, 5.0
MANTISSA_LEFT = 302.0  # where exponents end and mantissas begin
EXAMPLES = ("0.1", "257", "65520", "1e-8", "-2.5")  # to try on a page
NARROW_CELL = 9.8
LEGEND = (
    ("sign: 1 is minus", SLATE),
    ("exponent: how large", ORANGE),
    ("digits: which number", BLUE),
)
WIDTH = MANTISSA_LEFT + 23 * CELL_WIDTH + MARGIN + 12


class Row(TypedDict):
    """A number in one format: its bits as text, the stored number and its neighbours."""

    sign: str
    exponent: str
    mantissa: str
    stored: float
    below: float
    above: float


def draw_formats(
    value: float = 0.1,
    formats: Sequence[str] = ("float32", "bfloat16", "float16", "float8_e4m3", "float8_e5m2"),
    *,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the bits of a number in several formats, the stored number and its neighbours.

    Args:
        value: The number. Each format rounds it to its nearest number. If it is too large, it
            becomes infinity, or in float8_e4m3, which has no infinity, the largest number.
        formats: Names of formats: float32, bfloat16, float16, float8_e4m3, float8_e5m2.
        title: Title of the picture; by default it says which formats store the number exactly.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The picture; `.data` has for each format a dict with "sign", "exponent", "mantissa" (bits
        as text), "stored", "below" and "above" (numbers). A page lets the reader type the number.

    Raises:
        ValueError: If `value` is not a number, or if a format is unknown.

    Example:
        >>> draw_formats(257, ["float32", "bfloat16"]).data["bfloat16"]["stored"]
        256.0
    """
    number, known = to_value(value), [find_format(name) for name in check_names(formats)]
    rows = {fmt.name: encode_row(number, fmt) for fmt in known}
    heading = title or title_sentence(number, rows)
    scene = Scene(WIDTH, 0)
    scene.add(Text(MARGIN, 25, heading, 15, weight="600"))
    add_legend(scene, 46)
    for k, (fmt, row) in enumerate(zip(known, rows.values())):
        add_format(scene, 66 + ROW_HEIGHT * k, fmt, row, number)
    scene.height = 66 + ROW_HEIGHT * len(known) - 6
    narrow = narrow_scene(heading, list(zip(known, rows.values())), number)
    dial = {DIAL: page_dial(number, known)}
    alt = alt_text(number, rows, title)
    picture = Picture(rows, alt, scene, narrow=narrow, extra_mime=dial)
    return picture.draw_on(ax) if ax is not None else picture


def page_dial(value: float, formats: Iterable[NumberFormat]) -> dict[str, Any]:
    """What `formats_dial.js` needs: the number at the beginning, and the bits of each format."""
    text = repr(value).removesuffix(".0")
    return {
        "dial": "formats",
        "label": "A number in several formats",
        "value": text,
        "examples": list(dict.fromkeys((text, *EXAMPLES))),
        "formats": [asdict(fmt) for fmt in formats],
    }


def to_value(value: object) -> float:
    """The number as a float. Raises: ValueError for anything else."""
    given = value.item() if hasattr(value, "item") else value
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise ValueError(f"value must be one number, such as 0.1, not {value!r:.60}.")
    try:
        return float(given)
    except OverflowError:
        raise ValueError(
            f"value={given!r:.20}... is larger than a float of 64 bits; float('inf') is infinity."
        ) from None


def check_names(formats: Sequence[str]) -> list[str]:
    """Raises: ValueError for text, for what is not a list, and for an empty list."""
    if isinstance(formats, str) or not isinstance(formats, Iterable) or not formats:
        raise ValueError(f"formats must be a list of at least one name, not {formats!r}.")
    return list(formats)


def find_format(name: str) -> NumberFormat:
    """Raises: ValueError for an unknown name, with the nearest one."""
    if name in FORMATS:
        return FORMATS[name]
    hint = did_you_mean(str(name).lower(), FORMATS, 0.5)
    raise ValueError(f"There is no format {name!r}.{hint} There are: {', '.join(FORMATS)}.")


def encode_row(value: float, fmt: NumberFormat) -> Row:
    """Encode a number in one format."""
    pattern = fmt.encode(value)
    bits = f"{pattern:0{fmt.bits}b}"
    below, above = fmt.neighbours(value)
    return {
        "sign": bits[0],
        "exponent": bits[1 : 1 + fmt.exponent_bits],
        "mantissa": bits[1 + fmt.exponent_bits :],
        "stored": fmt.decode(pattern),
        "below": below,
        "above": above,
    }


def add_legend(scene: Scene, y: float) -> None:
    """Add the meaning of each colour."""
    left = MANTISSA_LEFT - GAP - 6
    (sign, _), (exponent, _), (digits, _) = LEGEND
    scene.add(Text(left, y + 10, exponent, 12, ORANGE, "end", weight="600"))
    scene.add(Text(MANTISSA_LEFT + 6, y + 10, digits, 12, BLUE, weight="600"))
    scene.add(Text(MARGIN, y + 10, sign, 12, SLATE, weight="600"))


def narrow_scene(title: str, rows: Sequence[tuple[NumberFormat, Row]], value: float) -> Scene:
    """The picture for a phone: narrow cells, and the words of a format above and below them."""
    scene, width = Scene(NARROW, 0), NARROW - 2 * MARGIN
    heading = wrapped(Text(MARGIN, 25, title, 15, weight="600"), width, 19)
    y = heading[-1].y + 20
    scene.add(*heading)
    for words, colour in LEGEND:
        scene.add(Text(MARGIN, y, words, 12, colour, weight="600"))
        y += 16
    for fmt, row in rows:
        y += 16
        scene.add(Text(MARGIN, y, fmt.name, 13, INK, weight="600"))
        scene.add(Text(NARROW - MARGIN, y, f"{fmt.bits} bits", 12, MUTED, "end"))
        x = MARGIN + (8 - fmt.exponent_bits) * NARROW_CELL
        add_cells(scene, x, y + 8, row, NARROW_CELL, 10.5)
        scene.add(Text(MARGIN, y + 47, formula(fmt, row), 12.5, INK, weight="600"))
        words = comparison(value, row, fmt)
        lines = wrapped(Text(MARGIN, y + 65, words, 12, MUTED), width)
        scene.add(*lines)
        y = lines[-1].y + 10
    scene.height = y + 2
    return scene


def add_cells(scene: Scene, x: float, y: float, row: Row, cell: float, size: float) -> None:
    """Add the bits from left to right, each in a cell: sign, exponent and mantissa."""
    for bits, colour in ((row["sign"], SLATE), (row["exponent"], ORANGE), (row["mantissa"], BLUE)):
        for bit in bits:
            fill, ink = (colour, WHITE) if bit == "1" else (blend(WHITE, colour, 0.14), INK)
            scene.add(Rect(x, y, cell - 1.5, CELL_HEIGHT, fill))
            middle = x + cell / 2 - 0.7
            scene.add(Text(middle, y + 15.5, bit, size, ink, "middle", mono=True))
            x += cell
        x += GAP


def add_format(scene: Scene, y: float, fmt: NumberFormat, row: Row, value: float) -> None:
    """Add the name, the bits in cells, and two lines about the stored number."""
    scene.add(Text(MARGIN, y + 12, fmt.name, 13, INK, weight="600"))
    scene.add(Text(MARGIN, y + 28, f"{fmt.bits} bits", 12, MUTED))
    x = MANTISSA_LEFT - GAP - (1 + fmt.exponent_bits) * CELL_WIDTH - GAP
    add_cells(scene, x, y, row, CELL_WIDTH, 12)
    left = MARGIN + 108
    scene.add(Text(left, y + CELL_HEIGHT + 18, formula(fmt, row), 13, INK, weight="600"))
    scene.add(Text(left, y + CELL_HEIGHT + 36, comparison(value, row, fmt), 12, MUTED))


def formula(fmt: NumberFormat, row: Row) -> str:
    """The stored number from its three parts: 1.6015625 × 2⁻⁴ = 0.1001."""
    stored = row["stored"]
    if isnan(stored) or isinf(stored):
        return format_number(stored)
    significand, power = fmt.split_pattern(int(row["exponent"] + row["mantissa"], 2))
    sign = "−" if row["sign"] == "1" else ""
    digits = format_number(significand / 2**fmt.mantissa_bits)
    return f"{sign}{digits} × 2{str(power).translate(SUPERSCRIPTS)} = {format_number(stored)}"


def comparison(value: float, row: Row, fmt: NumberFormat) -> str:
    """The rounding error of the stored number, and its neighbours."""
    stored, below, above = row["stored"], row["below"], row["above"]
    largest = fmt.decode(fmt.first_non_finite - 1)
    if isnan(stored):
        return "a sum with it is not a number either"
    if isinf(stored) and isinf(value):
        return "exact"
    if isinf(stored):
        return f"too large: the largest number is {format_number(largest)}"
    error = "exact" if stored == value else f"off by {format_distance(abs(stored - value))}"
    if abs(stored) == largest:
        return f"{error}; {format_number(largest)} is the largest number"
    distances = dict.fromkeys((stored - below, above - stored))  # one or two
    away = " and ".join(map(format_distance, distances))
    return f"{error}; neighbours {format_number(below)} and {format_number(above)}, {away} away"


def format_number(number: float) -> str:
    """Up to 12 digits: 0.10009765625, −256, 65,504."""
    if isnan(number):
        return "not a number"
    return format_power(f"{number:,.12g}").replace("inf", "infinity")


def format_distance(number: float) -> str:
    """Three digits, or all digits before the decimal point."""
    return f"{number:,.0f}" if 100 <= number < 1e7 else format_power(f"{number:.3g}")


def format_power(text: str) -> str:
    """1.5e-05 -> 1.5·10⁻⁵."""
    digits, _, power = text.replace("-", "−", text.startswith("-")).partition("e")
    return f"{digits}·10{str(int(power)).translate(SUPERSCRIPTS)}" if power else digits


def is_exact(value: float, row: Row) -> bool:
    """Whether a format stores the number without rounding it."""
    return row["stored"] == value or (isnan(value) and isnan(row["stored"]))


def title_sentence(value: float, rows: dict[str, Row]) -> str:
    """The title: which formats store the number exactly."""
    exact = [name for name, row in rows.items() if is_exact(value, row)]
    text = format_number(value)
    if len(exact) == len(rows):
        return f"{text} is stored exactly by every one of these formats"
    if not exact:
        return f"{text} is stored exactly by none of these formats"
    names = exact[0] if len(exact) == 1 else f"{', '.join(exact[:-1])} and {exact[-1]}"
    return f"{text} is stored exactly by {names}, not by the others"


def alt_text(value: float, rows: dict[str, Row], title: str) -> str:
    """One sentence: the stored number and its bits in each format."""
    parts = ", ".join(
        f"{name} {format_number(row['stored'])} ({row['sign']} {row['exponent']} {row['mantissa']})"
        for name, row in rows.items()
    )
    return truncate(f"{title or title_sentence(value, rows)}: {parts}.", 900)
