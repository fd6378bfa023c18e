"""The requests of a batch as bars in slots: one by one, in static batches, continuously.

Source: Yu et al. 2022, "Orca", OSDI (continuous batching, as iteration-level scheduling).
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from viz.canvas.labels import truncate
from viz.canvas.pages import capitalized
from viz.canvas.picture import Picture
from viz.canvas.ticks import format_digits
from viz.serving.timeline import Timeline, read_timelines
from viz.serving.timeline_scene import narrow_scene, run_words, wide_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_batch_timeline(
    runs: Mapping[str, Any], *, unit: str = "", title: str = "", ax: "Axes | None" = None
) -> Picture:
    """Draw when each request is computed, and in which slot of the batch.

    All runs have one axis of time. A prefill is dark, the decode after it light; a slot in which
    nothing is computed is hatched.

    Args:
        runs: Ways of serving by name. Each is a list of bars, mappings with "request", "slot",
            "start", "decode" (when the prefill ends) and "end"; or a list of `StepRecord`, or of
            mappings with "prefilled" and "decoded"; or a tuple (step records, seconds of each).
        unit: Unit of the time; by default "steps" for step records without seconds, else "s".
        title: Title of the picture; by default it compares the last run with the slowest one.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture. `.data` has for each run `end`, `idle_share`, `slots`, `requests` and `bars`.
        Or `ax`, if given.

    Raises:
        ValueError: If there is no request, two are in one slot at the same time, or a time is not
            a number.

    Example:
        >>> bar = {"request": 0, "slot": 0, "start": 0, "decode": 1, "end": 4}
        >>> other = {"request": 1, "slot": 1, "start": 0, "decode": 1, "end": 2}
        >>> draw_batch_timeline({"static": [bar, other]}).data["static"]["idle_share"]
        0.25

    Source: Yu et al. 2022, "Orca", OSDI.
    """
    timelines = read_timelines(runs)
    unit = unit or next(iter(timelines.values())).unit
    heading = title or title_sentence(timelines, unit)
    data = {
        name: {
            "end": run.end,
            "idle_share": run.idle_share,
            "slots": run.slots,
            "requests": run.requests,
            "bars": [dict(vars(bar)) for bar in run.bars],
        }
        for name, run in timelines.items()
    }
    parts = [
        f"{name}: {run.requests} requests, {run_words(run, unit)}"
        for name, run in timelines.items()
    ]
    picture = Picture(
        data,
        f"{heading}. {'; '.join(parts)}.",
        wide_scene(timelines, heading, unit),
        narrow=narrow_scene(timelines, heading, unit),
    )
    return picture.draw_on(ax) if ax is not None else picture


def title_sentence(runs: Mapping[str, Timeline], unit: str) -> str:
    """How much sooner the fastest run ends than the slowest one."""
    fastest = min(runs, key=lambda name: runs[name].end)
    slowest = max(runs, key=lambda name: runs[name].end)
    ratio = runs[slowest].end / runs[fastest].end
    if ratio < 1.005:
        return (
            f"{runs[fastest].requests} requests end after {format_digits(runs[fastest].end)} {unit}"
        )
    return f"{capitalized(fastest, 30)} ends {ratio:.1f} times sooner than {truncate(slowest, 30)}"
