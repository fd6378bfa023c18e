"""Round marks of an axis, and numbers as their labels."""

from math import ceil, floor, isfinite, log10
from typing import Any

WIDE_RANGE = 20  # from this ratio on, a logarithmic axis has marks 1, 10, 100 ...
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_sequence(value: Any) -> bool:
    """Whether the value has several numbers; a tensor without axes has one."""
    return hasattr(value, "__iter__") and getattr(value, "ndim", 1) > 0


def linear_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two numbers: 0, 200, 400 ...

    Args:
        low: Left end of the axis.
        high: Right end of the axis.
        about: How many are wanted.

    Returns:
        Multiples of 1, 2, 2.5 or 5 times a power of ten.
    """
    span = (high - low) or 1.0
    step = 10 ** floor(log10(span / about))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if span / (step * factor) <= about + 0.5)
    first = ceil(low / step - 1e-9)
    return [i * step for i in range(first, floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, max_ticks: int = 8) -> list[float]:
    """Round numbers for a logarithmic axis: 1, 10, 100 ..., or 1, 2, 5, 10 ..., or 2, 2.5, 3.

    Args:
        low: Left end of the axis; must be positive.
        high: Right end of the axis.
        max_ticks: How many are wanted at most, on a wide axis.

    Returns:
        The marks; none for ends that a logarithmic axis cannot have.
    """
    if not 0 < low <= high:
        return []
    if high < WIDE_RANGE * low:
        return [tick for tick in linear_ticks(low, high) if tick > 0]
    mantissas = (1, 2, 5) if high < 1000 * low else (1,)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    ticks = [float(f"{mantissa}e{power}") for power in powers for mantissa in mantissas]
    inside = [tick for tick in ticks if low * (1 - 1e-9) <= tick <= high * (1 + 1e-9)]
    return inside[:: ceil(len(inside) / max_ticks) or 1]


def format_compact(number: float) -> str:
    """The number as a short label: 1,500 and 2.5M and 3.1B and 9.4·10¹⁷ and 0.25."""
    size = abs(number)
    if size < 1e6:
        return f"{number:,.6g}" if size >= 1e-3 or not size else format_scientific(number)
    for unit, sign in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if size >= unit and size < 1e13:
            return f"{number / unit:,.4g}{sign}"
    return format_scientific(number)


def format_digits(number: float, digits: int = 3) -> str:
    """The number with so many digits, for people: 2,030 and 12.5 and 0.361, never 2e+03."""
    if not isfinite(number) or (number and abs(number) < 1e-3):
        return f"{number:.{digits}g}"
    if abs(number) >= 1e6:
        return format_compact(float(f"{number:.{digits}g}"))
    return f"{float(f'{number:.{digits}g}'):,.12g}"


def format_percent(share: float) -> str:
    """A share from 0 to 1 as percent: 0.364 -> 36 %, 0.036 -> 3.6 %, 0.0001 -> < 0.1 %."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{100 * share:.1f} %" if 0 < share < 0.0995 else f"{100 * share:.0f} %"


def format_scientific(number: float) -> str:
    """The number as a power of ten: 9.4e17 -> 9.4·10¹⁷, and 1e17 -> 10¹⁷."""
    mantissa, e, exponent = f"{number:.3g}".partition("e")
    if not e:
        return mantissa
    power = f"10{str(int(exponent)).translate(SUPERSCRIPTS)}"
    return power if mantissa == "1" else f"{mantissa}·{power}"
