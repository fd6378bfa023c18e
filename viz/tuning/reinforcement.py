"""Reward over the steps of reinforcement, samples pinned to it, KL and entropy below.

Reward alone cannot show a model that exploits it, or that has one answer left; KL, entropy and what
it writes do.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any

from viz.canvas.labels import truncate
from viz.canvas.palette import CATEGORIES
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, hstack, vstack
from viz.canvas.ticks import format_digits
from viz.curves.loss_scene import ChartOptions
from viz.curves.pins import Pin, check_pins
from viz.curves.series import VAL, interpolate
from viz.tuning.groups import UNENDED
from viz.tuning.reinforcement_log import Columns, read_runs, series_of
from viz.tuning.seed_chart import SeedCurve, mean_curve, seed_chart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {
    "reward": "mean reward",
    "truth": "share that is right",
    "kl": "KL (nats per token)",
    "entropy": "entropy (nats per token)",
    "agreement": "share of groups that agree",
    "pass_rate": "questions with a right answer",
    "length": "tokens in an answer",
    "ended": "share of answers that ended",
    "grad_norm": "gradient norm",
}
MAX_LABEL = 30  # letters of the label of the narrowest panel
WIDTH, HEIGHT, PANEL_HEIGHT = 720.0, 300.0, 190.0
Range = tuple[float, float]


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
    picture = Picture(chart.data(), chart.alt_text(heading, samples or {}), scene)
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


class ReinforcementChart:
    """The curves of some runs, and the drawing of them.

    Args:
        runs: The seeds of each run, by name.
        curves: Keys that are drawn large.
        panels: Keys that are drawn small.
    """

    def __init__(
        self, runs: Mapping[str, list[Columns]], curves: Sequence[str], panels: Sequence[str]
    ):
        self.runs, self.curves, self.panels = runs, curves, panels
        self.means = {
            (name, key): mean_curve(
                name or key, [series_of(name, columns, key) for columns in seeds], smooth=True
            )
            for key in (*curves, *panels)
            for name, seeds in runs.items()
        }

    def named(self, keys: Sequence[str]) -> dict[str, SeedCurve]:
        """The curves of one chart by what they are called in it."""
        return {
            curve_name(name, key, len(keys) > 1): self.means[name, key]
            for name in self.runs
            for key in keys
        }

    def draw(
        self,
        title: str,
        samples: Mapping[int, str | Sequence[str | None]],
        limits: Mapping[str, Range] | None = None,
    ) -> Scene:
        """Draw everything.

        Args:
            title: Title of the large chart.
            samples: Texts that are pinned to the first curve.
            limits: Key -> what its axis must hold, (lowest, highest); the same for all pictures of
                a control.
        """
        limits = limits or {}
        is_share = all(0 <= value <= 1 for value in self.values(self.curves))
        low_high = [limits[key] for key in self.curves if key in limits]
        points = self.corners([*low_high, *([(0.0, 1.0)] if is_share else [])])
        label = LABELS.get(self.curves[0], self.curves[0]) if len(self.curves) == 1 else ""
        options = ChartOptions(
            title=title, unit=label, note=self.note(), smooth=False, height=HEIGHT, points=points
        )
        named = self.named(self.curves)
        main = seed_chart(named, options, self.pins(named, samples)).scene
        panels = [self.panel(key, limits.get(key)) for key in self.panels]
        return vstack(main, hstack(*panels)) if panels else main

    def panel(self, key: str, limits: Range | None) -> Scene:
        """One small chart."""
        options = ChartOptions(
            unit=truncate(LABELS.get(key, key), MAX_LABEL),
            smooth=False,
            width=WIDTH / len(self.panels),
            height=PANEL_HEIGHT,
            points=self.corners([limits] if limits else []),
        )
        return seed_chart(self.named([key]), options).scene

    def corners(self, ranges: Sequence[Range]) -> list[tuple[float, float]]:
        """Points at the first step, for which an axis must have room."""
        first = min(curve.bold[0][0] for curve in self.means.values())
        return [(first, value) for low_high in ranges for value in low_high]

    def values(self, keys: Sequence[str]) -> list[float]:
        """All finite values of these keys, of the seeds too."""
        series = [
            one
            for (_, key), curve in self.means.items()
            if key in keys
            for one in (curve.bold, *curve.thin)
        ]
        return [value for _, values in series for value in values if isfinite(value)]

    def note(self) -> str:
        """How many seeds there are, and how many updates were skipped (grad_norm is None)."""
        seeds = [columns for listed in self.runs.values() for columns in listed]
        most = max(map(len, self.runs.values()))
        norms = [norm for columns in seeds for norm in columns.get("grad_norm", [])]
        skipped = sum(norm is None for norm in norms)
        is_smoothed = any(curve.thin for curve in self.means.values())
        parts = ["mean of 9 steps bold"] if is_smoothed else []
        parts = [f"{most} seeds, mean bold"] if most > 1 else parts
        parts += [f"{skipped:,} of {len(norms):,} steps taught nothing"] if skipped else []
        return "; ".join(parts)

    def pins(
        self, named: Mapping[str, SeedCurve], samples: Mapping[int, str | Sequence[str | None]]
    ) -> list[Pin]:
        """The samples at their places on the first curve."""
        curve = next(iter(named.values())).bold
        texts: dict[float, Any] = {step: joined(text) for step, text in samples.items()}
        check_pins(texts, curve[0][0], curve[0][-1])
        return [
            Pin(step, interpolate(VAL, curve, step), text, CATEGORIES[0])
            for step, text in sorted(texts.items())
        ]

    def data(self) -> dict[str, dict[str, Any]]:
        """Run -> key -> (steps, mean values)."""
        keys = (*self.curves, *self.panels)
        return {name: {key: self.means[name, key].bold for key in keys} for name in self.runs}

    def title_sentence(self) -> str:
        """How the first curve of a single run changes; otherwise the names of the runs."""
        key = self.curves[0]
        names = [truncate(name, 24) for name in self.runs]
        if len(names) > 1:
            return f"{key.capitalize()} of " + ", ".join(names)
        name = next(iter(self.runs))
        steps = self.means[name, key].bold[0]
        first, last = self.ends(name, key)
        of = f" of {names[0]}" if name else ""
        change = f"from {format_digits(first, 2)} to {format_digits(last, 2)}"
        return f"{key.capitalize()}{of} {change} in {steps[-1]:,.6g} steps"

    def ends(self, name: str, key: str) -> Range:
        """The first measured value of a curve, meaned over seeds, and the last one of its line."""
        seeds = [series_of(name, columns, key)[1] for columns in self.runs[name]]
        firsts = [next((v for v in values if isfinite(v)), 0.0) for values in seeds]
        last = [value for value in self.means[name, key].bold[1] if isfinite(value)]
        return sum(firsts) / len(firsts), last[-1] if last else 0.0

    def alt_text(self, title: str, samples: Mapping[int, str | Sequence[str | None]]) -> str:
        """One sentence: the ends of each curve, and what is pinned."""
        parts = []
        for name, key in self.means:
            first, last = self.ends(name, key)
            shown = curve_name(name, key, True)
            parts.append(f"{shown} from {format_digits(first)} to {format_digits(last)}")
        pinned = [
            f"at step {step:,g} {truncate(joined(text), 60)!r}" for step, text in samples.items()
        ]
        written = f" Written {'; '.join(pinned)}." if pinned else ""
        return f"{title}. {'; '.join(parts)}.{written}"


def curve_name(name: str, key: str, with_key: bool) -> str:
    """What a curve is called: its run, its key, or both."""
    if not name:
        return key.replace("_", " ")
    return f"{name}: {key.replace('_', ' ')}" if with_key else name


def joined(text: Any) -> Any:
    """Several texts as one with a line for each."""
    is_list = isinstance(text, Sequence) and not isinstance(text, str)
    return "\n".join(UNENDED if one is None else str(one) for one in text) if is_list else text
