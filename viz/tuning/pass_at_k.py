"""pass@k over k: how often at least one of k answers is right, before and after tuning.

Source: Chen et al. 2021, arXiv 2107.03374, for pass@k.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from viz.canvas.arrays import to_mapping, to_numbers
from viz.canvas.pages import NARROW
from viz.canvas.palette import CATEGORIES, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Scene
from viz.canvas.ticks import format_percent, is_sequence
from viz.curves.loss_scene import ChartOptions
from viz.curves.series import Series
from viz.tuning.seed_chart import SeedCurve, mean_curve, seed_chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_DOTS = 12  # of a curve with more points none is marked
EXAMPLE = "{'before': {1: 0.36, 64: 0.97}, 'after': {1: 0.81, 64: 0.97}}"


def draw_pass_at_k(
    curves: Mapping[str, Any], *, title: str = "", ax: "Axes | None" = None
) -> Picture:
    """Draw pass@k over k, on a logarithmic axis, one curve for each model.

    Args:
        curves: Curves by name, such as "before" and "after": a mapping k -> pass@k, or a tuple
            (ks, values); or a list of them, one for each seed, of which the mean is bold.
        title: Title of the picture; by default it says how the smallest and the largest k change.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the mean of each curve, k -> pass@k, in `.data`; or `ax`, if given.

    Raises:
        ValueError: If a k is below 1, or a value is not from 0 to 1.

    Example:
        >>> draw_pass_at_k({"before": {1: 0.36, 64: 0.97}, "after": {1: 0.81, 64: 0.97}})
        Picture: pass@1 from 36 % to 81 %, pass@64 from 97 % to 97 %. before: 36 % ...

    Source: Chen et al. 2021, arXiv 2107.03374.
    """
    given = to_mapping(curves, "curves", EXAMPLE)
    if not given:
        raise ValueError(f"There is no curve to draw: give {EXAMPLE}.")
    means = {str(name): read_curve(str(name), curve) for name, curve in given.items()}
    heading = title or title_sentence(means)
    last = max(curve.bold[0][-1] for curve in means.values())
    ticks = {float(2**i): f"{2**i}" for i in range(int(last).bit_length())}
    options = ChartOptions(
        title=heading,
        unit="share of questions",
        x_label="k: at least one of k answers is right",
        log_x=True,
        smooth=False,
        value_format="",
        x_ticks=ticks,
        points=[(1.0, 0.0), (1.0, 1.0)],
    )
    named = {curve_words(name, curve): curve for name, curve in means.items()}

    def draw(width: float) -> Scene:
        chart = seed_chart(named, replace(options, width=width))
        for curve, colour in zip(means.values(), CATEGORIES * len(means)):
            points = list(zip(*curve.bold)) if len(curve.bold[0]) <= MAX_DOTS else []
            for point in points:
                chart.scene.add(Circle(*chart.to_pixels(*point), 3.4, colour, PAPER, 1))
        return chart.scene

    data = {name: {int(k): value for k, value in zip(*curve.bold)} for name, curve in means.items()}
    picture = Picture(data, alt_text(heading, list(named), means), draw(options.width))
    picture.narrow = draw(NARROW)
    return picture.draw_on(ax) if ax is not None else picture


def read_curve(name: str, given: Any) -> SeedCurve:
    """The mean of a curve's seeds, and each of them."""
    is_pair = isinstance(given, tuple) and len(given) == 2 and all(map(is_sequence, given))
    if isinstance(given, Mapping) or (
        is_pair and not any(isinstance(one, Mapping) for one in given)
    ):
        return mean_curve(name, [read_seed(name, given)], smooth=False)
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise ValueError(
            f"{name!r} must be a mapping k -> pass@k, or a list of them: {given!r:.60}."
        )
    return mean_curve(name, [read_seed(name, seed) for seed in given], smooth=False)


def read_seed(name: str, given: Any) -> Series:
    """The ks in their order, and the values."""
    if isinstance(given, Mapping):
        given = list(given), list(given.values())
    if not (isinstance(given, tuple) and len(given) == 2):
        raise ValueError(
            f"A seed of {name!r} must be a mapping k -> pass@k, or a tuple (ks, values), not "
            f"{given!r:.60}."
        )
    ks = to_numbers(given[0], f"the ks of {name!r}")
    values = to_numbers(given[1], f"pass@k of {name!r}")
    if len(ks) != len(values) or not ks or len(set(ks)) < len(ks):
        raise ValueError(
            f"{name!r} has {len(ks)} ks and {len(values)} values: give one value for each k, "
            f"each k once, and at least one."
        )
    if wrong := [k for k in ks if k < 1 or not k.is_integer()]:
        raise ValueError(f"{name!r} has k={wrong[0]:g}: k must be a whole number, 1 or more.")
    if wrong := [value for value in values if not 0 <= value <= 1]:
        raise ValueError(
            f"{name!r} has pass@k={wrong[0]:g}: it must be from 0 to 1. Divide percents by 100."
        )
    pairs = sorted(zip(ks, values))
    return [k for k, _ in pairs], [value for _, value in pairs]


def curve_words(name: str, curve: SeedCurve) -> str:
    """The name of a curve, its ends, and how many seeds it has."""
    (first, *_, last) = curve.bold[1] if len(curve.bold[1]) > 1 else 2 * curve.bold[1]
    seeds = f", mean of {len(curve.thin)} seeds" if len(curve.thin) > 1 else ""
    return f"{name}: {format_percent(first)} to {format_percent(last)}{seeds}"


def title_sentence(means: Mapping[str, SeedCurve]) -> str:
    """Of two curves with the same ks: how the ends change. Otherwise the names."""
    if len(means) != 2:
        return "pass@k of " + ", ".join(means)
    (ks, before), (other, after) = (curve.bold for curve in means.values())
    if ks != other or len(ks) < 2:
        return "pass@k of " + " and ".join(means)
    ends = [
        f"pass@{ks[i]:.0f} from {format_percent(before[i])} to {format_percent(after[i])}"
        for i in (0, -1)
    ]
    return ", ".join(ends)


def alt_text(heading: str, words: Sequence[str], means: Mapping[str, SeedCurve]) -> str:
    """One sentence: the ends of each curve."""
    ks = [k for curve in means.values() for k in curve.bold[0]]
    return f"{heading}. {'; '.join(words)}; for k from {min(ks):.0f} to {max(ks):.0f}."
