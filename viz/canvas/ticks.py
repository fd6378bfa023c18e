"""Round marks of an axis, and numbers as its labels."""

from math import ceil, floor, log10

WIDE_RANGE = 20  # from this factor on an axis of logarithms has marks 1, 10, 100 ...
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def is_sequence(given) -> bool:
    """Whether it has several numbers; a tensor that is one number has not."""
    return hasattr(given, "__iter__") and getattr(given, "ndim", 1) > 0


def linear_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers between two numbers: 0, 200, 400 ..."""
    span = (high - low) or 1.0
    step = 10 ** floor(log10(span / about))
    step *= next(factor for factor in (1, 2, 2.5, 5, 10) if span / (step * factor) <= about + 0.5)
    first = ceil(low / step - 1e-9)
    return [i * step for i in range(first, floor(high / step + 1e-9) + 1)]


def log_ticks(low: float, high: float, most: int = 8) -> list[float]:
    """Round numbers for an axis of logarithms: 1, 10, 100 ..., or 1, 2, 5, 10 ..., or 2, 2.5, 3."""
    if not 0 < low <= high:  # beyond what a float holds
        return []
    if high < WIDE_RANGE * low:
        return [mark for mark in linear_ticks(low, high) if mark > 0]
    digits = (1, 2, 5) if high < 1000 * low else (1,)
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    marks = [float(f"{digit}e{power}") for power in powers for digit in digits]
    inside = [mark for mark in marks if low * (1 - 1e-9) <= mark <= high * (1 + 1e-9)]
    return inside[:: ceil(len(inside) / most) or 1]


def format_compact(number: float) -> str:
    """Short, for a mark on an axis: 1,500 and 2.5M and 3.1B and 9.4·10¹⁷ and 0.25."""
    size = abs(number)
    if size < 1e6:
        return f"{number:,.6g}" if size >= 1e-3 or not size else format_scientific(number)
    for unit, sign in ((1e12, "T"), (1e9, "B"), (1e6, "M")):
        if size >= unit and size < 1e13:
            return f"{number / unit:,.4g}{sign}"
    return format_scientific(number)


def format_scientific(number: float) -> str:
    """9.4e17 -> 9.4·10¹⁷, and 1e17 -> 10¹⁷."""
    digits, power = f"{number:.3g}".split("e") if "e" in f"{number:.3g}" else (f"{number:.3g}", "")
    if not power:
        return digits
    raised = f"10{str(int(power)).translate(SUPERSCRIPTS)}"
    return raised if digits == "1" else f"{digits}·{raised}"
