"""Runs side by side, drawn from their logs: against tokens, time, operations or steps.

Against steps a run with larger batches looks better than it is; against tokens the one that learns
more of each text is ahead, against time the faster one, too. Left out on purpose: reading a file.
A log is given as its rows.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from viz.canvas.arrays import to_mapping
from viz.canvas.labels import truncate
from viz.canvas.picture import Picture
from viz.canvas.ticks import format_compact
from viz.curves.loss_on_axes import draw_on_axes
from viz.curves.loss_scene import ChartOptions, LossScene
from viz.curves.series import VAL, Series, smoothed
from viz.runs.run_log import NOISY, SECONDS_PER_HOUR, Y_LABELS, OperationsPerToken, read_run

X_LABELS = {
    "tokens": "tokens learned from",
    "hours": "of training, evaluation left out",
    "operations": "operations (multiplications and additions)",
    "step": "step",
}
TIME_UNITS = (
    ("hours", SECONDS_PER_HOUR),
    ("minutes", 60.0),
    ("seconds", 1.0),
)  # the first that gives 1 or more


def draw_runs(
    runs: Mapping[str, Iterable],
    *,
    x: str = "tokens",
    y: str = "val_loss",
    operations_per_token: OperationsPerToken = None,
    lines: Mapping[str, float] | None = None,
    title: str = "",
    ax=None,
) -> Picture:
    """One curve for each run.

    A run is the rows of its log, mappings or records with the keys of log.jsonl. `x` is "tokens",
    "hours" (made of tokens and tokens_per_second), "operations" (`operations_per_token`, one number
    or one for each run, times tokens) or "step"; `y` is a key of the log. A row without `y` is left
    out. `lines` are levels to compare with.
    Raises:  ValueError for a run without what is asked for.
    Example: draw_runs({"a": [{"step": 1, "tokens": 64, "val_loss": 3.3}]}, x="step")
    """
    check_choice("x", x, X_LABELS)
    to_mapping(runs, "runs", "{'name': rows of its log}")
    if not runs:
        raise ValueError("There is no run to draw: give {'name': rows of its log}.")
    series = {name: read_run(name, rows, x, y, operations_per_token) for name, rows in runs.items()}
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
        return draw_on_axes(ax, series, options, [])
    return Picture(series, alt_text(series, y, unit), LossScene(series, options).scene)


def check_choice(what: str, given: str, known: Iterable[str]) -> None:
    """Raises: ValueError with all that can be chosen, and the nearest of it."""
    names = list(known)
    if given not in names:
        near = get_close_matches(str(given), names, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{what}={given!r:.40} must be one of {', '.join(names)}.{hint}")


def rescale_time(series: Mapping[str, Series]) -> tuple[dict[str, Series], str]:
    """Hours as hours, minutes or seconds, whichever the longest run has some of."""
    longest = max(hours[-1] for hours, _ in series.values()) * SECONDS_PER_HOUR
    unit, size = next((pair for pair in TIME_UNITS if longest >= pair[1]), TIME_UNITS[-1])
    scaled = {
        name: ([time * SECONDS_PER_HOUR / size for time in times], values)
        for name, (times, values) in series.items()
    }
    return scaled, f"{unit} {X_LABELS['hours']}"


def final_value(series: Series, y: str) -> float:
    """Where a run has come to; of what is noisy, its mean."""
    return smoothed("" if y in NOISY else VAL, series[1])[-1]


def title_sentence(series: Mapping[str, Series], x: str, y: str, unit: str) -> str:
    """What the picture proves; of two losses, how much sooner the lower one is there."""
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
    measure = unit.split()[0] if x == "hours" else "steps" if x == "step" else x
    return (
        f"{truncate(best, 26)} is where {truncate(ranked[1], 26)} ends, {target:.3g}, after "
        f"{100 * fraction:.0f}% of its {measure}"
    )


def join_names(series: Mapping[str, Series]) -> str:
    names = [truncate(name, 20) for name in series]
    shown = ", ".join(names[:4])
    return f"{shown} and {len(names) - 4} more" if len(names) > 4 else shown


def alt_text(series: Mapping[str, Series], y: str, unit: str) -> str:
    """One sentence: where each run begins and where it has come to."""
    parts = [
        f"{name} from {values[0]:.3g} to {final_value((xs, values), y):.3g} at "
        f"{format_compact(float(f'{xs[-1]:.3g}'))}"
        for name, (xs, values) in series.items()
    ]
    return f"{Y_LABELS.get(y, y)} over {unit}: {'; '.join(parts)}."
