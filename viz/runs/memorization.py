"""Training and held-out loss over the steps, and below them how many samples are copied."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz.canvas.arrays import to_mapping, to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW, words_scene
from viz.canvas.palette import CATEGORIES, INK, LINE, MUTED, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Scene, Text, vstack
from viz.canvas.ticks import format_percent
from viz.curves.loss_scene import WIDTH, ChartOptions, LossScene
from viz.tuning.seed_chart import SeedCurve, mean_curve, seed_chart

LOSSES = {"train": "training loss", "held_out": "held-out loss"}
SHARES = {"copied": "samples that are training lines", "coincidence": "expected by coincidence"}
HEIGHT, SHARE_HEIGHT, TEXT_HEIGHT = 230.0, 180.0, 30.0
MOST_LETTERS = 96  # of the samples below the charts
EXAMPLE = "[{'step': [25, 50], 'train': [2.8, 2.5], 'held_out': [2.8, 2.6], 'copied': [0.0, 0.1]}]"
Range = tuple[float, float]


@dataclass(frozen=True)
class MemorizationRun:
    """The seeds of one run as curves.

    Attributes:
        steps: The steps that were measured.
        curves: Key -> mean and seeds: "train", "held_out", "copied" and perhaps "coincidence".
        written: Some samples of each step, or nothing.
    """

    steps: list[float]
    curves: dict[str, SeedCurve]
    written: list[list[str]]

    def at(self, step: float) -> dict[str, float]:
        """The means at a step."""
        place = self.steps.index(step)
        return {key: curve.bold[1][place] for key, curve in self.curves.items()}

    def best_step(self) -> float:
        """The step with the lowest held-out loss."""
        losses = self.curves["held_out"].bold[1]
        return self.steps[losses.index(min(losses))]


def draw_memorization(runs: Any, *, step: float | None = None, title: str = "") -> Picture:
    """Draw losses and copied samples of one run, or of the seeds of one, and mark a step.

    Args:
        runs: A run or a list of runs (seeds), whose mean is bold. A run is a mapping with "step",
            "train", "held_out", "copied", and perhaps "coincidence" and "written": one value, or
            list of texts, for each step.
        step: The step to mark; None takes that with the lowest held-out loss.
        title: Title of the picture.

    Returns:
        The picture; `.data` has the means at the marked step.

    Raises:
        ValueError: If a run lacks a key, has other steps than the others, or not that step.

    Example:
        >>> run = {"step": [25, 50], "train": [2.8, 2.2], "held_out": [2.9, 2.6]}
        >>> draw_memorization({**run, "copied": [0.0, 0.1]}).data["step"]
        50.0
    """
    return draw_run(read_run(runs), step, title)


def draw_run(
    run: MemorizationRun,
    step: float | None = None,
    title: str = "",
    limits: Range | None = None,
) -> Picture:
    """Draw a run that was read.

    Args:
        run: The run.
        step: The step to mark; None takes that with the lowest held-out loss.
        title: Title of the picture.
        limits: Losses for which the axis must have room.
    """
    step = run.best_step() if step is None else step
    if step not in run.steps:
        raise ValueError(f"step {step:g} was not measured; there are {run.steps}.")
    means = run.at(step)
    first = run.steps[0]
    words = f"step {step:g}: held-out loss {means['held_out']:.2f}, "
    words += f"{format_percent(means['copied'])} of the samples are training lines"

    def draw(width: float) -> Scene:
        losses = chart_of(run, LOSSES, title, "nats per token", (width, HEIGHT), limits or (), step)
        size = width, SHARE_HEIGHT
        shares = chart_of(run, SHARES, "", "share of samples", size, (0.0, 1.0), step)
        return vstack(losses, shares, caption(words, run, step, width))

    alt = f"{title or 'Losses and copied samples'}. {words.capitalize()}; "
    alt += f"steps {first:g} to {run.steps[-1]:g}, lowest held-out loss at {run.best_step():g}."
    return Picture({"step": float(step), **means}, alt, draw(WIDTH), narrow=draw(NARROW))


def chart_of(
    run: MemorizationRun,
    keys: Mapping[str, str],
    title: str,
    unit: str,
    size: Range,
    limits: Sequence[float],
    step: float,
) -> Scene:
    """One chart with a vertical line at the marked step."""
    named = {name: run.curves[key] for key, name in keys.items() if key in run.curves}
    options = ChartOptions(
        title=title,
        unit=unit,
        smooth=False,
        width=size[0],
        height=size[1],
        value_format="",
        points=[(run.steps[0], value) for value in limits],
    )
    chart = seed_chart(named, options)
    add_mark(chart, [curve.bold[1][run.steps.index(step)] for curve in named.values()], step)
    return chart.scene


def add_mark(chart: LossScene, values: Sequence[float], step: float) -> None:
    """A vertical line at a step, and a dot on each curve."""
    x, bottom = chart.to_pixels(step, 0)[0], chart.top + chart.plot_height
    chart.scene.add(Line(((x, chart.top), (x, bottom)), MUTED, 1, dash="4 4"))
    for value, colour in zip(values, CATEGORIES):
        chart.scene.add(Circle(*chart.to_pixels(step, value), 5, colour, PAPER, 1.5))


def caption(words: str, run: MemorizationRun, step: float, width: float) -> Scene:
    """What the marked step has, and what is written there."""
    written = run.written[run.steps.index(step)] if run.written else []
    if width <= NARROW:
        names = [words_scene("writes: " + ", ".join(written), width, INK)] if written else []
        return vstack(words_scene(words, width, INK), *names)
    scene = Scene(720, TEXT_HEIGHT + (24 if written else 0))
    scene.add(Line(((16, 2), (704, 2)), LINE))
    scene.add(Text(16, 22, words, 13, INK, weight="600"))
    if written:
        scene.add(Text(16, 45, truncate("writes: " + ", ".join(written), MOST_LETTERS), 13, INK))
    return scene


def read_run(given: Any) -> MemorizationRun:
    """The seeds of a run; one run is a single seed."""
    seeds = [given] if isinstance(given, Mapping) else given
    if not isinstance(seeds, Sequence) or not seeds:
        raise ValueError(f"runs must be a run or a list of runs, such as {EXAMPLE}.")
    read = [to_mapping(seed, "a run", EXAMPLE[1:-1]) for seed in seeds]
    for seed in read:
        if missing := {"step", *LOSSES, "copied"} - set(seed):
            raise ValueError(f"The run lacks {', '.join(sorted(missing))}; it has {list(seed)}.")
    keys = [key for key in (*LOSSES, *SHARES) if all(key in seed for seed in read)]
    curves = {
        key: mean_curve(key, [series(seed, key) for seed in read], smooth=False) for key in keys
    }
    written: Sequence[Any] = next((seed["written"] for seed in read if "written" in seed), [])
    return MemorizationRun(curves["copied"].bold[0], curves, [list(map(str, w)) for w in written])


def series(seed: Mapping[str, Any], key: str) -> tuple[list[float], list[float]]:
    """The steps and the values of one measure."""
    steps, values = to_numbers(seed["step"], "step"), to_numbers(seed[key], key)
    if not steps or len(steps) != len(values):
        raise ValueError(f"{key!r} has {len(values)} values for {len(steps)} steps.")
    return steps, values
