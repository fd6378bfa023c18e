"""Reward over the steps of reinforcement, samples pinned to it, KL and entropy below.

Reward alone cannot show a model that exploits it, or that has one answer left; KL, entropy and what
it writes do.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from viz.canvas.pages import NARROW
from viz.canvas.picture import Picture
from viz.tuning.reinforcement_chart import ReinforcementChart
from viz.tuning.reinforcement_log import Columns, read_runs

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_reinforcement(
    runs: Any,
    *,
    samples: Mapping[int, str | Sequence[str | None]] | None = None,
    curves: Sequence[str] = ("reward",),
    panels: Sequence[str] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the reward of one or several runs, what was written, and small panels below.

    Of a curve with more than 60 steps the mean over nine steps is bold.

    Args:
        runs: A run, or a mapping name -> run, or name -> list of runs (seeds), whose mean is bold.
            A run is a list of `ReinforceStep` or of mappings with the same keys, a mapping
            key -> values, or the path of a log in JSON lines.
        samples: Answers to pin to the first curve, step -> text or texts; among the texts None is
            an answer that did not end.
        curves: Keys that are drawn large, such as "reward".
        panels: Keys that are drawn small, at most three; None takes those of "kl" and "entropy"
            that all runs have.
        title: Title of the picture; by default it says how the first curve changes.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with run -> key -> (steps, mean values) in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there are no steps, a run lacks a key, or a sample is not at a step.

    Example:
        >>> steps = [{"step": 1, "reward": 0.33, "kl": 0.0}, {"step": 2, "reward": 0.5, "kl": 0.1}]
        >>> draw_reinforcement(steps, samples={1: "12", 2: "22"})
        Picture: Reward from 0.33 to 0.5 in 2 steps. ...
    """
    read = read_runs(runs)
    chart = ReinforcementChart(read, check_keys(curves, "curves", 4), choose_panels(read, panels))
    heading = title or chart.title_sentence()
    scene = chart.draw(heading, samples or {})
    narrow = chart.draw(heading, samples or {}, width=NARROW)
    alt = chart.alt_text(heading, samples or {})
    picture = Picture(chart.data(), alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def check_keys(keys: Sequence[str], what: str, most: int) -> list[str]:
    """The keys as a list; raises ValueError for too many, or for none of `curves`."""
    if isinstance(keys, str) or len(keys) > most or (what == "curves" and not keys):
        raise ValueError(f"{what} must be a list of at most {most} keys, not {keys!r:.60}.")
    return list(keys)


def choose_panels(runs: Mapping[str, list[Columns]], panels: Sequence[str] | None) -> list[str]:
    """The keys of the panels."""
    if panels is not None:
        return check_keys(panels, "panels", 3)
    seeds = [columns for listed in runs.values() for columns in listed]
    return [
        key
        for key in ("kl", "entropy")
        if all(any(value is not None for value in columns.get(key, [])) for columns in seeds)
    ]
