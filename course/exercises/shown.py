"""A short text of a value: few digits, cut in the middle if it is long."""

from typing import Any

LONGEST = 90  # letters
DIGITS = (4, 6, 9, 12, 17)


def shown(value: Any, digits: int = 6, longest: int = LONGEST) -> str:
    """The value in one line; nested lists of equal lengths begin with their shape.

    Example: shown([0.123456789, 2]) -> "[0.123457, 2]"
    """
    sizes = shape(value)
    line = f"shape {sizes}: {written(value, digits)}" if len(sizes) > 2 else written(value, digits)
    return cut(line, longest)


def both(one: Any, other: Any) -> tuple[str, str]:
    """Two values with enough digits to see that they differ."""
    for digits in DIGITS:
        pair = written(one, digits), written(other, digits)
        if pair[0] != pair[1]:
            break
    return shown(one, digits), shown(other, digits)


def cut(line: str, longest: int = LONGEST) -> str:
    """The beginning and the end of a line that is too long."""
    if len(line) <= longest:
        return line
    half = (longest - 5) // 2
    return f"{line[:half]} ... {line[-half:]}"


def written(value: Any, digits: int) -> str:
    if isinstance(value, float):
        return f"{value:.{digits}g}"
    if isinstance(value, dict):
        pairs = (f"{key!r}: {written(member, digits)}" for key, member in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, (list, tuple)):
        inside = ", ".join(written(member, digits) for member in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside})"
    try:
        return repr(value)
    except Exception:  # the repr of the reader's object may fail
        return f"a {type(value).__name__}"


def shape(value: Any) -> tuple[int, ...]:
    """The shape of nested lists, as deep as all lengths are equal."""
    if not isinstance(value, list) or not value:
        return ()
    shapes = {shape(member) for member in value}
    return (len(value), *(shapes.pop() if len(shapes) == 1 else ()))
