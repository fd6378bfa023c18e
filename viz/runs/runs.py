"""Runs compared by their logs: loss over tokens, time, FLOPs or steps.

Trap: over steps, a run with a larger batch looks better than it is; it has seen more tokens.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from viz.canvas.arrays import did_you_mean, to_mapping
from viz.canvas.labels import truncate
from viz.canvas.picture import Picture
from viz.canvas.ticks import format_compact
from viz.curves.loss_on_axes import draw_on_axes
from viz.curves.loss_scene import ChartOptions, LossScene, narrow_loss_scene
from viz.curves.series import VAL, Series, smoothed
from viz.runs.run_log import NOISY, SECONDS_PER_HOUR, Y_LABELS, FlopsPerToken, RunLog, read_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

X_LABELS = {
    "tokens": "tokens learned from",
    "hours": "of training, evaluation left out",
    "flops": "operations (multiplications and additions)",
    "step": "step",
}
TITLE_CHARACTERS = 74  # that fit above a chart
TIME_UNITS = (("hours", SECONDS_PER_HOUR), ("minutes", 60.0), ("seconds", 1.0))


def draw_runs(
    runs: Mapping[str, RunLog],
    *,
    x: str = "tokens",
    y: str = "val_loss",
    flops_per_token: FlopsPerToken = None,
    lines: Mapping[str, float] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one curve for each run.

    Args:
        runs: Runs by name, each the rows of its log: mappings with the keys of log.jsonl, or
            objects with attributes of the same names; or the path of its log or its folder.
            Rows in which `y` is None are left out.
        x: "tokens"; "hours", computed from tokens and tokens_per_second; "flops"; or "step".
        y: A key of the log: "val_loss", "train_loss", "grad_norm", "learning_rate",
            "tokens_per_second" or "mfu".
        flops_per_token: For x="flops": FLOPs for one token, one number or one for each run.
        lines: Horizontal lines to compare with, such as {"knows nothing": 3.296}.
        title: Title of the chart; by default it compares the runs.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data` has the values on both axes by the name of the run.

    Raises:
        ValueError: If a run has no `y`, nothing to compute `x` from, or a log that cannot be read.

    Example:
        >>> rows = [{"step": n, "tokens": 64 * n, "val_loss": 2 + 1 / n} for n in (1, 2, 4)]
        >>> draw_runs({"a": rows}, x="step").data
        {'a': ([1.0, 2.0, 4.0], [3.0, 2.5, 2.25])}
    """
    check_choice("x", x, X_LABELS)
    to_mapping(runs, "runs", "{'name': rows of its log}")
    if not runs:
        raise ValueError("There is no run to draw: give {'name': rows of its log}.")
    series = {name: read_run(name, rows, x, y, flops_per_token) for name, rows in runs.items()}
    unit = X_LABELS[x]
    if x == "hours":
        series, unit = rescale_time(series)
    heading = title or title_sentence(series, x, y, unit)
    options = ChartOptions(
        title=heading,
        unit=Y_LABELS.get(y, y),
        x_label=unit,
        lines=lines or {},
        integer_x=x != "hours",
        smooth=y in NOISY,
    )
    if ax is not None:
        axes = draw_on_axes(ax, series, options, [])
        return axes  # type: ignore[return-value]  # as documented
    return Picture(
        series,
        alt_text(series, y, unit),
        LossScene(series, options).scene,
        narrow=narrow_loss_scene(series, options).scene,
    )


def check_choice(what: str, given: str, known: Iterable[str]) -> None:
    """Raises: ValueError with all valid names and the nearest one."""
    names = list(known)
    if given not in names:
        hint = did_you_mean(given, names)
        raise ValueError(f"{what}={given!r:.40} must be one of {', '.join(names)}.{hint}")


def rescale_time(series: Mapping[str, Series]) -> tuple[dict[str, Series], str]:
    """Hours in the largest unit of which the longest run has at least 1; and the x label."""
    longest = max(hours[-1] for hours, _ in series.values()) * SECONDS_PER_HOUR
    unit, size = next((pair for pair in TIME_UNITS if longest >= pair[1]), TIME_UNITS[-1])
    scaled = {
        name: ([time * SECONDS_PER_HOUR / size for time in times], values)
        for name, (times, values) in series.items()
    }
    return scaled, f"{unit} {X_LABELS['hours']}"


def final_value(series: Series, y: str) -> float:
    """The last value of a run, or its running mean if it is noisy."""
    return smoothed("" if y in NOISY else VAL, series[1])[-1]


def title_sentence(series: Mapping[str, Series], x: str, y: str, unit: str) -> str:
    """The title: the run with the lowest loss; of two, how early it reaches the other's loss."""
    if not y.endswith("loss") or len(series) < 2:
        return join_names(series)
    ranked = sorted(series, key=lambda name: final_value(series[name], y))
    best, target = ranked[0], final_value(series[ranked[1]], y)
    lowest = f"{truncate(best, 30)} ends lowest, at {final_value(series[best], y):.3g}"
    if len(series) > 2 or final_value(series[best], y) == target:
        return lowest
    steps, values = series[best]
    reached = next(
        s for s, v in zip(steps, smoothed("" if y in NOISY else VAL, values)) if v <= target
    )
    fraction = reached / series[ranked[1]][0][-1]
    if fraction >= 0.995:
        return lowest
    nouns = {"hours": unit.split()[0], "step": "steps", "flops": "operations"}
    rest = f"ends, {target:.3g}, after {100 * fraction:.0f}% of its {nouns.get(x, x)}"
    sentence = f"{best} is where {ranked[1]} {rest}"
    return sentence if len(sentence) <= TITLE_CHARACTERS else lowest


def join_names(series: Mapping[str, Series]) -> str:
    """The names of the first four runs, and the number of the others."""
    names = [truncate(name, 20) for name in series]
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown


def alt_text(series: Mapping[str, Series], y: str, unit: str) -> str:
    """One sentence: the first and the last value of each run."""
    parts = [
        f"{name} from {values[0]:.3g} to {final_value((xs, values), y):.3g} at "
        f"{format_compact(float(f'{xs[-1]:.3g}'))}"
        for name, (xs, values) in series.items()
    ]
    return f"{Y_LABELS.get(y, y)} over {unit}: {'; '.join(parts)}."
