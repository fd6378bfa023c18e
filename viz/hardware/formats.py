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

CELL, TALL, ROW, MARGIN, GAP = 18.0, 22.0, 84.0, 16.0, 5.0
MEET = 302.0  # where exponents end and digits begin
WIDTH = MEET + 23 * CELL + MARGIN + 12
PARTS = {"sign": SLATE, "exponent": ORANGE, "digits": BLUE}


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
    value, known = to_value(value), [find_format(name) for name in check_names(formats)]
    rows = {one.name: look_at(value, one) for one in known}
    scene = Scene(WIDTH, 0)
    scene.add(Text(MARGIN, 25, title or headline(value, rows), 15, weight="600"))
    add_heads(scene, 46)
    for k, (one, row) in enumerate(zip(known, rows.values())):
        add_format(scene, 66 + ROW * k, one, row, value)
    scene.height = 66 + ROW * len(known) - 6
    picture = Picture(rows, describe(value, rows, title), scene)
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
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"There is no format {name!r}.{guess} There are: {', '.join(FORMATS)}.")


def look_at(value: float, one: NumberFormat) -> dict[str, Any]:
    """Everything that is told about a number in one format."""
    pattern = one.encode(value)
    bits = f"{pattern:0{one.bits}b}"
    below, above = one.neighbours(value)
    return {
        "sign": bits[0],
        "exponent": bits[1 : 1 + one.exponent],
        "digits": bits[1 + one.exponent :],
        "stored": one.decode(pattern),
        "below": below,
        "above": above,
    }


def add_heads(scene: Scene, y: float) -> None:
    """What each colour is for."""
    scene.add(Text(MEET - GAP - 6, y + 10, "exponent: how large", 12, ORANGE, "end", weight="600"))
    scene.add(Text(MEET + 6, y + 10, "digits: which number", 12, BLUE, weight="600"))
    scene.add(Text(MARGIN, y + 10, "sign: 1 is minus", 12, SLATE, weight="600"))


def add_format(
    scene: Scene, y: float, one: NumberFormat, row: dict[str, Any], value: float
) -> None:
    """The name, the bits in cells, and two lines about the number that they are."""
    scene.add(Text(MARGIN, y + 12, one.name, 13, INK, weight="600"))
    scene.add(Text(MARGIN, y + 28, f"{one.bits} bits", 12, MUTED))
    x = MEET - GAP - (1 + one.exponent) * CELL - GAP
    for part, colour in PARTS.items():
        for bit in row[part]:
            fill, ink = (colour, WHITE) if bit == "1" else (blend(WHITE, colour, 0.14), INK)
            scene.add(Rect(x, y, CELL - 1.5, TALL, fill))
            scene.add(Text(x + CELL / 2 - 0.7, y + 15.5, bit, 12, ink, "middle", mono=True))
            x += CELL
        x += GAP
    left = MARGIN + 108
    scene.add(Text(left, y + TALL + 18, formula(one, row), 13, INK, weight="600"))
    scene.add(Text(left, y + TALL + 36, comparison(value, row, one), 12, MUTED))


def formula(one: NumberFormat, row: dict[str, Any]) -> str:
    """The number from its three parts: 1.6015625 × 2⁻⁴ = 0.1001."""
    stored = row["stored"]
    if isnan(stored) or isinf(stored):
        return plain(stored)
    steps, power = one.parts(int(row["exponent"] + row["digits"], 2))
    sign = "−" if row["sign"] == "1" else ""
    digits = plain(steps / 2**one.digits)
    return f"{sign}{digits} × 2{str(power).translate(SUPERSCRIPTS)} = {plain(stored)}"


def comparison(value: float, row: dict[str, Any], one: NumberFormat) -> str:
    """How far the stored number is from the one that was meant, and what else there would be."""
    stored, below, above = row["stored"], row["below"], row["above"]
    largest = one.decode(one.past_largest - 1)
    if isnan(stored):
        return "a sum with it is not a number either"
    if isinf(stored):
        return "exact" if isinf(value) else f"too large: the largest number is {plain(largest)}"
    off = "exact" if stored == value else f"off by {short_of(abs(stored - value))}"
    if abs(stored) == largest:
        return f"{off}; {plain(largest)} is the largest number"
    low, high = stored - below, above - stored
    away = short_of(high) if low == high else f"{short_of(low)} and {short_of(high)}"
    return f"{off}; neighbours {plain(below)} and {plain(above)}, {away} away"


def plain(number: float) -> str:
    """As many digits as one can compare: 0.10009765625, −256, 65,504."""
    if isnan(number):
        return "not a number"
    return with_power(f"{number:,.12g}").replace("inf", "infinity")


def short_of(number: float) -> str:
    """Three digits of a distance, or all before the point."""
    return f"{number:,.0f}" if 100 <= number < 1e7 else with_power(f"{number:.3g}")


def with_power(text: str) -> str:
    """1.5e-05 -> 1.5·10⁻⁵."""
    digits, _, power = text.replace("-", "−", text.startswith("-")).partition("e")
    return f"{digits}·10{str(int(power)).translate(SUPERSCRIPTS)}" if power else digits


def is_exact(value: float, row: dict[str, Any]) -> bool:
    return row["stored"] == value or (isnan(value) and isnan(row["stored"]))


def headline(value: float, rows: dict[str, dict[str, Any]]) -> str:
    """What the picture shows, as a sentence."""
    exact = [name for name, row in rows.items() if is_exact(value, row)]
    meant = plain(value)
    if len(exact) == len(rows):
        return f"{meant} is stored exactly by every one of these formats"
    if not exact:
        return f"{meant} is stored exactly by none of these formats"
    names = exact[0] if len(exact) == 1 else f"{', '.join(exact[:-1])} and {exact[-1]}"
    return f"{meant} is stored exactly by {names}, not by the others"


def describe(value: float, rows: dict[str, dict[str, Any]], title: str) -> str:
    """One sentence: what each format stores."""
    told = ", ".join(
        f"{name} {plain(row['stored'])} ({row['sign']} {row['exponent']} {row['digits']})"
        for name, row in rows.items()
    )
    return truncate(f"{title or headline(value, rows)}: {told}.", 900)
