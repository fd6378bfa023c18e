"""One number as the bits of several formats: sign, exponent, digits, and what becomes of it.

The formats stand one under the other where exponent and digits meet, so that one sees what a
shorter one leaves away. The bits come from `viz/hardware/number_formats.py`.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from math import isinf, isnan
from typing import Any

from viz.canvas.labels import truncate
from viz.canvas.palette import BLUE, INK, MUTED, ORANGE, SLATE, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.ticks import SUPERSCRIPTS
from viz.hardware.number_formats import FORMATS, NumberFormat

CELL_WIDTH, CELL_HEIGHT, ROW_HEIGHT, MARGIN, GAP = 18.0, 22.0, 84.0, 16.0, 5.0
MANTISSA_LEFT = 302.0  # where exponents end and digits begin
WIDTH = MANTISSA_LEFT + 23 * CELL_WIDTH + MARGIN + 12
PARTS = {"sign": SLATE, "exponent": ORANGE, "mantissa": BLUE}


def draw_formats(
    value: float = 0.1,
    formats: Sequence[str] = ("float32", "bfloat16", "float16", "float8_e4m3", "float8_e5m2"),
    *,
    title: str = "",
    ax=None,
) -> Picture:
    """The bits of a number in each format, the number that is stored, and its neighbours there.

    `value` is rounded once, to the nearest number that a format has. What is too large becomes
    infinity; in float8_e4m3, which has none, its largest number.
    Raises:  ValueError for what is no number, or for a format that is not known.
    Example: draw_formats(257, ["float32", "bfloat16"])
    """
    value, found = to_value(value), [find_format(name) for name in check_names(formats)]
    rows = {fmt.name: encode_row(value, fmt) for fmt in found}
    scene = Scene(WIDTH, 0)
    scene.add(Text(MARGIN, 25, title or title_sentence(value, rows), 15, weight="600"))
    add_heads(scene, 46)
    for k, (fmt, row) in enumerate(zip(found, rows.values())):
        add_format(scene, 66 + ROW_HEIGHT * k, fmt, row, value)
    scene.height = 66 + ROW_HEIGHT * len(found) - 6
    picture = Picture(rows, alt_text(value, rows, title), scene)
    return picture.draw_on(ax) if ax is not None else picture


def to_value(value) -> float:
    given = value.item() if hasattr(value, "item") else value
    if isinstance(given, bool) or not isinstance(given, (int, float)):
        raise ValueError(f"value must be one number, such as 0.1, not {value!r:.60}.")
    try:
        return float(given)
    except OverflowError:
        raise ValueError(
            f"value={given!r:.20}... is larger than a float of 64 bits; float('inf') is infinity."
        ) from None


def check_names(formats) -> list[str]:
    if isinstance(formats, str) or not formats:
        raise ValueError(f"formats must be a list of at least one name, not {formats!r}.")
    return list(formats)


def find_format(name: str) -> NumberFormat:
    if name in FORMATS:
        return FORMATS[name]
    near = get_close_matches(str(name).lower(), FORMATS, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"There is no format {name!r}.{hint} There are: {', '.join(FORMATS)}.")


def encode_row(value: float, fmt: NumberFormat) -> dict[str, Any]:
    """Everything that is told about a number in one format."""
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


def add_heads(scene: Scene, y: float) -> None:
    """What each colour is for."""
    scene.add(
        Text(
            MANTISSA_LEFT - GAP - 6, y + 10, "exponent: how large", 12, ORANGE, "end", weight="600"
        )
    )
    scene.add(Text(MANTISSA_LEFT + 6, y + 10, "digits: which number", 12, BLUE, weight="600"))
    scene.add(Text(MARGIN, y + 10, "sign: 1 is minus", 12, SLATE, weight="600"))


def add_format(
    scene: Scene, y: float, fmt: NumberFormat, row: dict[str, Any], value: float
) -> None:
    """The name, the bits in cells, and two lines about the number that they are."""
    scene.add(Text(MARGIN, y + 12, fmt.name, 13, INK, weight="600"))
    scene.add(Text(MARGIN, y + 28, f"{fmt.bits} bits", 12, MUTED))
    x = MANTISSA_LEFT - GAP - (1 + fmt.exponent_bits) * CELL_WIDTH - GAP
    for part, colour in PARTS.items():
        for bit in row[part]:
            fill, ink = (colour, WHITE) if bit == "1" else (blend(WHITE, colour, 0.14), INK)
            scene.add(Rect(x, y, CELL_WIDTH - 1.5, CELL_HEIGHT, fill))
            scene.add(Text(x + CELL_WIDTH / 2 - 0.7, y + 15.5, bit, 12, ink, "middle", mono=True))
            x += CELL_WIDTH
        x += GAP
    left = MARGIN + 108
    scene.add(Text(left, y + CELL_HEIGHT + 18, formula(fmt, row), 13, INK, weight="600"))
    scene.add(Text(left, y + CELL_HEIGHT + 36, comparison(value, row, fmt), 12, MUTED))


def formula(fmt: NumberFormat, row: dict[str, Any]) -> str:
    """The number from its three parts: 1.6015625 × 2⁻⁴ = 0.1001."""
    stored = row["stored"]
    if isnan(stored) or isinf(stored):
        return format_number(stored)
    significand, power = fmt.split_pattern(int(row["exponent"] + row["mantissa"], 2))
    sign = "−" if row["sign"] == "1" else ""
    digits = format_number(significand / 2**fmt.mantissa_bits)
    return f"{sign}{digits} × 2{str(power).translate(SUPERSCRIPTS)} = {format_number(stored)}"


def comparison(value: float, row: dict[str, Any], fmt: NumberFormat) -> str:
    """How far the stored number is from the one that was meant, and what else there would be."""
    stored, below, above = row["stored"], row["below"], row["above"]
    largest = fmt.decode(fmt.first_non_finite - 1)
    if isnan(stored):
        return "a sum with it is not a number either"
    if isinf(stored):
        return (
            "exact"
            if isinf(value)
            else f"too large: the largest number is {format_number(largest)}"
        )
    error = "exact" if stored == value else f"off by {format_distance(abs(stored - value))}"
    if abs(stored) == largest:
        return f"{error}; {format_number(largest)} is the largest number"
    to_below, to_above = stored - below, above - stored
    distance = (
        format_distance(to_above)
        if to_below == to_above
        else f"{format_distance(to_below)} and {format_distance(to_above)}"
    )
    return f"{error}; neighbours {format_number(below)} and {format_number(above)}, {distance} away"


def format_number(number: float) -> str:
    """As many digits as one can compare: 0.10009765625, −256, 65,504."""
    if isnan(number):
        return "not a number"
    return format_power(f"{number:,.12g}").replace("inf", "infinity")


def format_distance(number: float) -> str:
    """Three digits of a distance, or all before the point."""
    return f"{number:,.0f}" if 100 <= number < 1e7 else format_power(f"{number:.3g}")


def format_power(text: str) -> str:
    """1.5e-05 -> 1.5·10⁻⁵."""
    digits, _, power = text.replace("-", "−", text.startswith("-")).partition("e")
    return f"{digits}·10{str(int(power)).translate(SUPERSCRIPTS)}" if power else digits


def is_exact(value: float, row: dict[str, Any]) -> bool:
    return row["stored"] == value or (isnan(value) and isnan(row["stored"]))


def title_sentence(value: float, rows: dict[str, dict[str, Any]]) -> str:
    """What the picture shows, as a sentence."""
    exact = [name for name, row in rows.items() if is_exact(value, row)]
    text = format_number(value)
    if len(exact) == len(rows):
        return f"{text} is stored exactly by every one of these formats"
    if not exact:
        return f"{text} is stored exactly by none of these formats"
    names = exact[0] if len(exact) == 1 else f"{', '.join(exact[:-1])} and {exact[-1]}"
    return f"{text} is stored exactly by {names}, not by the others"


def alt_text(value: float, rows: dict[str, dict[str, Any]], title: str) -> str:
    """One sentence: what each format stores."""
    parts = ", ".join(
        f"{name} {format_number(row['stored'])} ({row['sign']} {row['exponent']} {row['mantissa']})"
        for name, row in rows.items()
    )
    return truncate(f"{title or title_sentence(value, rows)}: {parts}.", 900)
