"""The drawing of reinforcement: a large chart with pinned samples, and small panels below it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW
from viz.canvas.palette import CATEGORIES
from viz.canvas.scene import Scene, hstack, vstack
from viz.canvas.ticks import format_compact, format_digits
from viz.curves.loss_scene import ChartOptions
from viz.curves.pins import Pin, check_pins
from viz.curves.series import VAL, interpolate
from viz.tuning.groups import UNENDED
from viz.tuning.reinforcement_log import Columns, series_of
from viz.tuning.seed_chart import SeedCurve, mean_curve, seed_chart

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
SHORT = 13  # letters of a sample that needs no line of its own
MAX_LABEL = 30  # letters of the label of the narrowest panel
WIDTH, HEIGHT, PANEL_HEIGHT = 720.0, 300.0, 190.0
Range = tuple[float, float]


@dataclass(frozen=True)
class EarlyPin(Pin):
    """A sample from before the first step that was measured: its card has no value."""

    @property
    def header(self) -> str:
        """The first line of the card."""
        return f"step {format_compact(self.step)}"


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
        width: float = WIDTH,
    ) -> Scene:
        """Draw everything.

        Args:
            title: Title of the large chart.
            samples: Texts that are pinned to the first curve.
            limits: Key -> what its axis must hold, (lowest, highest); the same for all pictures of
                a control.
            width: In pixels; on a phone the small panels are below each other.
        """
        limits = limits or {}
        is_share = all(0 <= value <= 1 for value in self.values(self.curves))
        low_high = [limits[key] for key in self.curves if key in limits]
        points = self.corners([*low_high, *([(0.0, 1.0)] if is_share else [])])
        label = LABELS.get(self.curves[0], self.curves[0]) if len(self.curves) == 1 else ""
        options = ChartOptions(
            title=title,
            unit=label,
            note=self.note(),
            smooth=False,
            width=width,
            height=HEIGHT,
            points=points,
        )
        named = self.named(self.curves)
        main = seed_chart(named, options, self.pins(named, samples)).scene
        if width <= NARROW:
            return vstack(main, *(self.panel(key, limits.get(key), width) for key in self.panels))
        share = width / max(len(self.panels), 1)
        panels = [self.panel(key, limits.get(key), share) for key in self.panels]
        return vstack(main, hstack(*panels)) if panels else main

    def panel(self, key: str, limits: Range | None, width: float) -> Scene:
        """One small chart."""
        options = ChartOptions(
            unit=truncate(LABELS.get(key, key), MAX_LABEL),
            smooth=False,
            width=width,
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
            (Pin if step >= curve[0][0] else EarlyPin)(
                step, interpolate(VAL, curve, step), text, CATEGORIES[0]
            )
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
    """Several texts as one: short ones divided by commas, others with a line for each."""
    if not isinstance(text, Sequence) or isinstance(text, str):
        return text
    texts = [UNENDED if one is None else str(one) for one in text]
    are_short = all(len(one) <= SHORT and "\n" not in one for one in texts)
    return (", " if are_short else "\n").join(texts)
