"""Speculative decoding: tokens a call, and how many times as fast, against the draft length.

Source: Leviathan et al. 2023, arXiv 2211.17192 (the method, and the formula).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import to_mapping, to_number, to_numbers
from viz.canvas.pages import NARROW, WIDTH, capitalized, page_of, phone_page_of
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene
from viz.canvas.ticks import format_digits
from viz.curves.series import Series
from viz.serving.speed_panel import curve_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

EXAMPLE = "{'6 letters': {2: (2.41, 1.2), 4: (3.36, 1.4)}}"
KEYS = ("tokens_per_call", "speedup")
MAX_DRAFTS = 6


def draw_acceptance(
    rows: Mapping[str, Any],
    *,
    accept: Mapping[str, float] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw tokens a call over the draft length k, and how many times as fast that is.

    Args:
        rows: For each draft a mapping k -> tokens per call of the model; or k -> (tokens, times as
            fast); or k -> a mapping with "tokens_per_call" and perhaps "speedup".
        accept: Name -> chance a that a tested token is accepted; draws the tokens a call that it
            predicts, (1 - a^(k + 1)) / (1 - a), as a dashed line.
        title: Title of the picture; by default it names the best draft.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture. `.data` has "tokens_per_call", "speedup" and "predicted", each name -> (ks,
        values). Or `ax`, if given.

    Raises:
        ValueError: If a k is not a whole number from 1 on, or a value is not above 0.

    Example:
        >>> drawn = draw_acceptance({"6 letters": {1: 1.7, 4: 3.0}}, accept={"a = 0.5": 0.5})
        >>> drawn.data["predicted"]["a = 0.5"]
        ([1.0, 2.0, 3.0, 4.0], [1.5, 1.75, 1.875, 1.9375])

    Source: Leviathan et al. 2023, arXiv 2211.17192.
    """
    tokens, speeds = read_rows(rows)
    longest = max(k for ks, _ in tokens.values() for k in ks)
    predicted = {
        str(name): predict(str(name), chance, longest)
        for name, chance in to_mapping(accept or {}, "accept", "{'a = 0.8': 0.8}").items()
    }
    heading = title or title_sentence(tokens, speeds)
    picture = Picture(
        {"tokens_per_call": tokens, "speedup": speeds, "predicted": predicted},
        alt_text(heading, tokens, speeds, predicted),
        page_of(heading, panels(tokens, speeds, predicted, WIDTH / (2 if speeds else 1))),
        narrow=phone_page_of(heading, panels(tokens, speeds, predicted, NARROW)),
    )
    return picture.draw_on(ax) if ax is not None else picture


def panels(
    tokens: Mapping[str, Series],
    speeds: Mapping[str, Series],
    predicted: Mapping[str, Series],
    width: float,
) -> list[Scene]:
    """One chart, or two if speeds are known."""
    label = "draft length k"
    drawn = [curve_panel(tokens, "tokens a call", label, width, reference=predicted)]
    if speeds:
        drawn.append(curve_panel(speeds, "times as fast as without", label, width, slower="slower"))
    return drawn


def read_rows(rows: object) -> tuple[dict[str, Series], dict[str, Series]]:
    """Tokens a call of each draft over k, and speeds where there are any."""
    given = to_mapping(rows, "rows", EXAMPLE)
    if not 0 < len(given) <= MAX_DRAFTS:
        raise ValueError(f"rows must have 1 to {MAX_DRAFTS} drafts, such as {EXAMPLE}.")
    tokens, speeds = {}, {}
    for name, row in given.items():
        points = read_row(str(name), row)
        tokens[str(name)] = [k for k, *_ in points], [t for _, t, _ in points]
        timed = [(k, speed) for k, _, speed in points if speed is not None]
        if timed:
            speeds[str(name)] = [k for k, _ in timed], [speed for _, speed in timed]
    if speeds and len(speeds) < len(tokens):
        without = next(name for name in tokens if name not in speeds)
        raise ValueError(f"{without!r} has no speed, but others have: give it, or leave all out.")
    return tokens, speeds


def read_row(name: str, row: object) -> list[tuple[float, float, float | None]]:
    """k, tokens a call and speed of one draft, sorted by k."""
    points = []
    for k, given in to_mapping(row, f"rows[{name!r}]", "{2: 2.41, 4: 3.36}").items():
        [length] = to_numbers([to_number(k, f"k of {name!r}")], f"k of {name!r}")
        if length < 1 or not length.is_integer():
            raise ValueError(f"{name!r} has k={length:g}: k must be a whole number, 1 or more.")
        tokens, speed = read_point(f"k={length:g} of {name!r}", given)
        points.append((length, tokens, speed))
    if not points:
        raise ValueError(f"{name!r} has no draft length: give at least one, such as {{4: 3.36}}.")
    return sorted(points)


def read_point(name: str, given: Any) -> tuple[float, float | None]:
    """Tokens a call, and the speed or None."""
    if isinstance(given, Mapping):
        if KEYS[0] not in given:
            raise ValueError(f"{name} must have {KEYS[0]!r}; it has {', '.join(map(str, given))}.")
        given = [given[key] for key in KEYS if given.get(key) is not None]
    elif not isinstance(given, (list, tuple)):
        given = [given]
    numbers = to_numbers([to_number(value, name) for value in given], name)
    if not 0 < len(numbers) <= len(KEYS) or min(numbers) <= 0:
        raise ValueError(
            f"{name} must be tokens a call, or (tokens a call, times as fast), each above 0; it is "
            f"{given!r:.60}."
        )
    return numbers[0], numbers[1] if len(numbers) > 1 else None


def predict(name: str, chance: object, longest: float) -> Series:
    """Tokens a call from the chance that a tested token is accepted."""
    a = to_number(chance, f"accept[{name!r}]")
    if not 0 <= a <= 1:
        raise ValueError(f"accept[{name!r}]={a:g} must be a chance from 0 to 1.")
    ks = [float(k) for k in range(1, int(longest) + 1)]
    return ks, [sum(a**i for i in range(int(k) + 1)) for k in ks]


def title_sentence(tokens: Mapping[str, Series], speeds: Mapping[str, Series]) -> str:
    """The draft that is fastest, or that gives most tokens a call."""
    name, k, _ = best_of(speeds or tokens)
    ks, values = tokens[name]
    count = format_digits(values[ks.index(k)])
    sentence = f"{capitalized(name, 30)}, k = {k:g}: {count} tokens a call"
    if speeds:
        sentence += f", {format_digits(best_of(speeds)[2])} times as fast"
    return sentence


def best_of(curves: Mapping[str, Series]) -> tuple[str, float, float]:
    """Name, k and value of the largest value."""
    points = [(v, -k, name) for name, (ks, values) in curves.items() for k, v in zip(ks, values)]
    value, k, name = max(points)
    return name, -k, value


def alt_text(heading: str, *kinds: Mapping[str, Series]) -> str:
    """One sentence for each curve."""
    words = ("tokens a call", "times as fast", "tokens a call predicted")
    parts = [
        f"{name}: "
        + ", ".join(f"{format_digits(v)} at k = {k:g}" for k, v in list(zip(*curve))[:8])
        + f" ({word})"
        for curves, word in zip(kinds, words)
        for name, curve in curves.items()
    ]
    return f"{heading}. {'; '.join(parts)}."
