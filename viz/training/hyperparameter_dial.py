"""Knobs for hyperparameters, a button that trains, and the losses of all that was tried."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from json import dumps
from typing import Any

from ipywidgets import Button, Layout, SelectionSlider

from viz.canvas.arrays import to_mapping, to_number
from viz.canvas.control import Control, side_by_side
from viz.canvas.labels import title_width
from viz.canvas.pages import MARGIN, NARROW, heading_scene, wrapped
from viz.canvas.palette import BLUE, INK, LINE, MUTED, ORANGE, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.dials.frames import page_knob, values_of

MAX_ROWS = 12
ROW, LEFT, WIDTH, TOP = 24, 250, 400, 62  # pixels
NARROW_ROW = 40  # pixels
Choice = tuple[float, ...]


class HyperparameterDial(Control):
    """A slider for each hyperparameter, a button that trains, and a row for each run.

    Args:
        run: `run(**choice)` trains with one value of each hyperparameter and returns a loss.
        knobs: Name of a hyperparameter -> its values.
        tried: Choices that are run at once, for the first picture; the sliders start at the last.
        lines: Losses to compare with, by name.
        recorded: Choice -> loss of every choice, for a page that cannot train.
        title: Title of the picture.

    Attributes:
        losses: Choice -> loss of each run so far, in the order of the runs.

    Raises:
        ValueError: If a choice has other names or values than the knobs.

    Example:
        >>> dial = HyperparameterDial(lambda width: 3 / width, {"width": [1, 2]}, [{"width": 2}])
        >>> dial.losses
        {(2,): 1.5}
    """

    def __init__(
        self,
        run: Callable[..., float],
        knobs: Mapping[str, Sequence[float]],
        tried: Sequence[Mapping[str, float]],
        *,
        lines: Mapping[str, float] | None = None,
        recorded: Mapping[Choice, float] | None = None,
        title: str = "",
    ):
        to_mapping(knobs, "knobs", "{'n_embd': [1, 2, 4]}")
        self.run, self.names, self.title = run, list(knobs), title
        self.lines = {str(name): to_number(loss, "lines") for name, loss in (lines or {}).items()}
        self.recorded = dict(recorded or {})
        self.losses: dict[Choice, float] = {}
        for choice in tried:
            if list(choice) != self.names or any(choice[k] not in knobs[k] for k in self.names):
                raise ValueError(f"{dict(choice)} is not a choice of the knobs {dict(knobs)}.")
            self.train(tuple(choice.values()))
        if not self.losses:
            raise ValueError("tried is empty: give at least one choice for the first picture.")
        self.current, self.note = list(self.losses)[-1], ""
        self.sliders = [
            SelectionSlider(
                options=[(f"{value:g}", value) for value in values],
                value=start,
                description=name,
                layout=Layout(width="320px"),
                style={"description_width": "initial"},
            )
            for (name, values), start in zip(knobs.items(), self.current)
        ]
        for slider in self.sliders:
            slider.observe(self.choose, "value")
        self.button = Button(description="train", tooltip="Train with these hyperparameters")
        self.button.on_click(self.press)
        super().__init__([side_by_side([*self.sliders, self.button])], self.picture())

    def choose(self, change: object = None) -> None:
        """Show the choice of the sliders, and its loss if it is known.

        Args:
            change: The change of a slider; it is not used.
        """
        self.current = tuple(slider.value for slider in self.sliders)
        self.note = (
            "" if self.current in self.losses else f"{self.words(self.current)}: press train"
        )
        self.redraw()

    def press(self, button: object = None) -> None:
        """Train with the present hyperparameters, unless that was done before.

        Args:
            button: The button that was pressed; it is not used.
        """
        self.current = tuple(slider.value for slider in self.sliders)
        self.note = "trained before: see the bold row" if self.current in self.losses else ""
        self.button.description, self.button.disabled = "training ...", True
        try:
            self.train(self.current)
        finally:
            self.button.description, self.button.disabled = "train", False
        self.redraw()

    def train(self, choice: Choice) -> None:
        """Run one choice and keep its loss.

        Args:
            choice: One value for each knob, in their order.
        """
        if choice not in self.losses:
            named = dict(zip(self.names, choice))
            self.losses[choice] = to_number(self.run(**named), "the loss that run returns")

    def page_dial(self) -> dict[str, Any] | None:
        """The recorded losses; None if one is missing."""
        knobs = [page_knob(slider.description, slider) for slider in self.sliders]
        if any(choice not in self.recorded for choice in product(*map(values_of, self.sliders))):
            return None
        tried = {"name": "tried", "kind": "state", "value": dumps([*map(list, self.losses)])}
        losses = self.recorded | self.losses
        return {
            "dial": "hyperparameter",
            "knobs": [*knobs, tried],
            "names": self.names,
            "losses": {
                " ".join(f"{value:g}" for value in choice): float(f"{loss:.5g}")
                for choice, loss in losses.items()
            },
            "lines": {name: float(f"{loss:.5g}") for name, loss in self.lines.items()},
            "title": self.title,
        }

    def picture(self) -> Picture:
        """The latest runs, one row each, and the lines to compare with."""
        rows = dict(list(self.losses.items())[-MAX_ROWS:])
        known = [*rows.values(), *self.lines.values()]
        low, high = min(known), max(known)
        margin = (high - low) * 0.12 or 0.1

        def to_x(loss: float) -> float:
            return LEFT + WIDTH * (loss - low + margin) / (high - low + 2 * margin)

        bottom = TOP + ROW * len(rows)
        scene = Scene(max(LEFT + WIDTH + 70, title_width(self.title)), bottom + 26 + ROW)
        scene.add(Text(16, 25, self.title, 15, weight="600"))
        for name, loss in self.lines.items():
            x = to_x(loss)
            scene.add(Line(((x, TOP - 8), (x, bottom)), ORANGE, 1.5, dash="5 4"))
            scene.add(Text(x, TOP - 14, f"{name}: {loss:.2f}", 12, ORANGE, "middle"))
        for k, (choice, loss) in enumerate(rows.items()):
            y, now = TOP + ROW * (k + 0.5), choice == self.current
            weight = "600" if now else "normal"
            scene.add(Line(((LEFT, y), (LEFT + WIDTH, y)), LINE))
            scene.add(Text(LEFT - 12, y + 4, self.words(choice), 12.5, INK, "end", weight))
            scene.add(Circle(to_x(loss), y, 6 if now else 4.5, BLUE))
            scene.add(Text(to_x(loss) + 11, y + 4, f"{loss:.2f}", 12.5, INK, "start", weight))
        scene.add(Text(LEFT + WIDTH / 2, bottom + 16, "loss: lower is better", 12, MUTED, "middle"))
        scene.add(Text(LEFT - 12, bottom + 16 + ROW, self.note, 12.5, INK, "end", "600"))
        summary = "; ".join(f"{self.words(choice)}: {loss:.2f}" for choice, loss in rows.items())
        data = {choice: self.losses[choice] for choice in rows}
        alt = f"{self.title or 'Losses'}: {summary}."
        return Picture(data, alt, scene, narrow=self.narrow_scene(rows))

    def narrow_scene(self, rows: Mapping[Choice, float]) -> Scene:
        """The picture for a phone: the words of a run are above its dot.

        Args:
            rows: The runs that are drawn, with their losses.
        """
        scene, width = heading_scene(self.title, NARROW), NARROW - 2 * MARGIN
        known = [*rows.values(), *self.lines.values()]
        low, high = min(known), max(known)
        span = (high - low) or 0.1

        def to_x(loss: float) -> float:
            return MARGIN + 12 + (width - 24) * (loss - low) / span

        for name, loss in self.lines.items():
            words = Text(MARGIN, scene.height + 12, f"┆ {name}: {loss:.2f}", 12, ORANGE)
            lines = wrapped(words, width)
            scene.add(*lines)
            scene.height = lines[-1].y + 6
        top, bottom = scene.height + 2, scene.height + 10 + NARROW_ROW * len(rows)
        for loss in self.lines.values():
            ends = (to_x(loss), top), (to_x(loss), bottom)
            scene.add(Line(ends, ORANGE, 1.5, dash="5 4"))
        for k, (choice, loss) in enumerate(rows.items()):
            y, now = top + 18 + NARROW_ROW * k, choice == self.current
            weight = "600" if now else "normal"
            scene.add(Rect(0, y - 12, NARROW, 16, PAPER))  # hides the dashed line
            scene.add(Text(MARGIN, y, self.words(choice), 12.5, INK, weight=weight))
            scene.add(Text(NARROW - MARGIN, y, f"{loss:.2f}", 12.5, INK, "end", weight))
            scene.add(Line(((MARGIN, y + 14), (NARROW - MARGIN, y + 14)), LINE))
            scene.add(Circle(to_x(loss), y + 14, 6 if now else 4.5, BLUE))
        scene.add(Text(NARROW / 2, bottom + 16, "loss: lower is better", 12, MUTED, "middle"))
        scene.height = bottom + 28
        if self.note:
            lines = wrapped(Text(MARGIN, bottom + 38, self.note, 12.5, INK, weight="600"), width)
            scene.add(*lines)
            scene.height = lines[-1].y + 12
        return scene

    def words(self, choice: Choice) -> str:
        """Write a choice out.

        Args:
            choice: One value for each knob, in their order.

        Returns:
            Text such as "n_embd 8, n_hidden 32".
        """
        return ", ".join(f"{name} {value:g}" for name, value in zip(self.names, choice))
