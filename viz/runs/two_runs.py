"""Two runs on one chart, chosen from lists, and a sample of each."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from ipywidgets import Dropdown, HBox, Layout

from viz.canvas.arrays import to_mapping
from viz.canvas.control import Control
from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW
from viz.canvas.palette import CATEGORIES
from viz.canvas.picture import Picture
from viz.canvas.scene import Scene, vstack
from viz.curves.loss_scene import WIDTH
from viz.curves.pins import GAP, MARGIN, add_card, card_height, card_lines
from viz.dials.frames import page_frames
from viz.runs.run_log import FlopsPerToken, has_values
from viz.runs.runs import X_LABELS, check_choice, draw_runs

Y_CHOICES = ("val_loss", "train_loss", "grad_norm", "learning_rate")
Samples = Mapping[str, str | Mapping[float, str]]


class TwoRuns(Control):
    """Lists to choose two runs, the x axis and the y axis.

    Args:
        runs: At least two runs by name, each the rows of its log as in `draw_runs`.
        flops_per_token: FLOPs for one token, one number or one for each run.
        samples: Samples of some runs by name: a text, or texts by their steps as in
            `LossPlot.pins`, of which the last is shown below the curves.
        x: The x axis at the beginning, as in `draw_runs`.
        title: Title of the chart; by default it compares the runs.

    Raises:
        ValueError: For fewer than two runs, an unknown `x`, or two runs with nothing to compare.

    Example:
        >>> slow = [{"step": n, "tokens": 64 * n, "val_loss": 2 + 1 / n} for n in (1, 2, 4)]
        >>> fast = [{**row, "val_loss": row["val_loss"] - row["step"] / 8} for row in slow]
        >>> TwoRuns({"slow": slow, "fast": fast}).still.data["fast"]
        ([64.0, 128.0, 256.0], [2.875, 2.25, 1.75])
    """

    def __init__(
        self,
        runs: Mapping[str, Iterable[object]],
        *,
        flops_per_token: FlopsPerToken = None,
        samples: Samples | None = None,
        x: str = "tokens",
        title: str = "",
    ):
        to_mapping(runs, "runs", "{'name': rows of its log}")
        if len(runs) < 2:
            raise ValueError(f"Two runs are compared, and there are {len(runs)}: give one more.")
        self.runs = {name: list(rows) for name, rows in runs.items()}
        self.flops_per_token, self.title = flops_per_token, title
        self.cards = {name: last_text(name, text) for name, text in (samples or {}).items()}
        first, second, *_ = self.runs
        x_choices = [name for name in X_LABELS if name != "flops" or flops_per_token is not None]
        check_choice("x", x, x_choices)
        y_choices = [
            y for y in Y_CHOICES if any(has_values(rows, y) for rows in self.runs.values())
        ]
        common = [
            y for y in y_choices if all(has_values(self.runs[run], y) for run in (first, second))
        ]
        if not common:
            raise ValueError(
                f"The logs of {first!r} and {second!r} have nothing to compare; a row has the keys "
                f"of log.jsonl, one of {', '.join(Y_CHOICES)} among them."
            )
        self.first = dropdown("one run", list(self.runs), first)
        self.second = dropdown("another", list(self.runs), second)
        self.x = dropdown("against", x_choices, x)
        self.y = dropdown("drawn", y_choices, common[0])
        knobs = (self.first, self.second, self.x, self.y)
        super().__init__([HBox(knobs[:2]), HBox(knobs[2:])], self.picture())
        for knob in knobs:
            knob.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, first=self.first, second=self.second, x=self.x, y=self.y)

    def picture(self) -> Picture:
        """The two chosen runs, and their samples below them."""
        names = list(dict.fromkeys((self.first.value, self.second.value)))
        curves = draw_runs(
            {name: self.runs[name] for name in names},
            x=self.x.value,
            y=self.y.value,
            flops_per_token=self.flops_per_token,
            title=self.title,
        )
        cards = [self.cards.get(name) for name in names]
        if not any(cards):
            return curves
        assert curves.scene is not None, "curves are made of shapes"
        written = [
            f"{name} wrote {truncate(card[1], 60)!r}" for name, card in zip(names, cards) if card
        ]
        scene = vstack(curves.scene, samples_scene(cards))
        narrow = vstack(curves.narrow, narrow_samples_scene(cards)) if curves.narrow else None
        alt = f"{curves.alt} {'; '.join(written)}."
        return Picture(curves.data, alt, scene, narrow=narrow)

    def redraw(self, change: object = None) -> None:
        """Draw the chosen runs, or show an error if a log does not have what was chosen.

        Args:
            change: What ipywidgets says about the change.
        """
        try:
            super().redraw(change)
        except ValueError as error:
            self.screen.value = f"<p>{escape(str(error))}</p>"


def dropdown(description: str, options: list[str], value: str) -> Dropdown:
    """A list to choose from."""
    return Dropdown(
        options=options,
        value=value,
        description=description,
        layout=Layout(width="340px"),
        style={"description_width": "70px"},
    )


def last_text(name: str, given: str | Mapping[float, str]) -> tuple[str, str]:
    """The header of a card and the last sample of a run. Raises: ValueError if it is not text."""
    step, text = max(given.items()) if isinstance(given, Mapping) and given else (None, given)
    if not isinstance(text, str):
        raise ValueError(
            f"The samples of {name!r} are {given!r:.60}; give a text, or {{step: text}}."
        )
    return f"{truncate(name, 24)} wrote{'' if step is None else f' at step {step:,g}'}", text


def narrow_samples_scene(cards: Sequence[tuple[str, str] | None]) -> Scene:
    """The samples below each other, for a phone."""
    scene, width = Scene(NARROW, 0), NARROW - 2 * MARGIN
    for n, card in enumerate(cards):
        if card:
            lines = card_lines(card[1], width)
            add_card(scene, MARGIN, scene.height, width, card[0], CATEGORIES[n], lines)
            scene.height += card_height(lines) + GAP
    return scene


def samples_scene(cards: Sequence[tuple[str, str] | None]) -> Scene:
    """The samples side by side, in the colours of their curves."""
    width = (WIDTH - 2 * MARGIN - GAP) / 2
    texts = [card_lines(card[1], width) if card else [] for card in cards]
    scene = Scene(WIDTH, max(map(card_height, texts)) + MARGIN)
    for n, (card, lines) in enumerate(zip(cards, texts)):
        if card:
            x = MARGIN + n * (width + GAP)
            add_card(scene, x, 0, width, card[0], CATEGORIES[n], lines)
    return scene
