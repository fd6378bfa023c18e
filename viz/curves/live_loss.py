"""The loss drawn during training, in a notebook or in a terminal.

One output is updated in place, so nothing flickers. Drawing takes at most about 2 % of the time:
after a picture that took 2 ms, the next one waits 120 ms. The last state is always drawn, also
after an error or an interrupt. There is no thread: `add` draws.
"""

from collections.abc import Callable, Iterable, Mapping
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Self

from viz.canvas.arrays import to_number
from viz.canvas.picture import Picture
from viz.curves.live_output import CellOutput, NoOutput, TerminalOutput, open_output
from viz.curves.log_file import read_log
from viz.curves.loss import alt_text, loss_picture, to_reference
from viz.curves.loss_scene import ChartOptions
from viz.curves.pins import MAX_LINES
from viz.curves.series import CurveLike
from viz.curves.thresholds import Thresholds

DRAW_FRACTION = 1 / 60  # at most this fraction of the time goes into drawing
MIN_PAUSE = 0.1  # seconds between two pictures
LOG_KEYS = {"train_loss": "train", "val_loss": "val"}  # key of a log -> name of the curve


class LossPlot:
    """A chart of the loss that grows with every `add`.

    The first time that the validation loss passes one of the thresholds `pin_at`, `sample()` is
    called, and its text is pinned to the curve. Before the first validation loss, the running mean
    of the training loss is compared.

    Args:
        title: Title of the chart.
        unit: Label of the y axis.
        last_step: The planned length of the run; the x axis reaches to it.
        lines: Horizontal lines to compare with, such as {"knows nothing": 3.296}.
        log_y: Whether the y axis is logarithmic.
        reference: Dashed curves of another run: losses, shape (n,), or a tuple (steps, losses).
        pin_at: Thresholds of the loss, at most 5, at which a sample is pinned to the curve.
        sample: Returns a text of the model in its present state.

    Attributes:
        history: All losses so far: name -> (steps, losses).
        pins: The texts that were pinned: step -> text.

    Raises:
        ValueError: If only one of `pin_at` and `sample` is given.

    Example:
        >>> with LossPlot("A short run", last_step=2) as plot:
        ...     for step in (1, 2):
        ...         plot.add(step, train=3.3 / step)
        >>> plot.history
        {'train': ([1.0, 2.0], [3.3, 1.65])}
    """

    def __init__(
        self,
        title: str = "Loss",
        *,
        unit: str = "loss (nats per token)",
        last_step: int | None = None,
        lines: dict[str, float] | None = None,
        log_y: bool = False,
        reference: Mapping[str, CurveLike] | None = None,
        pin_at: Iterable[float] = (),
        sample: Callable[[], str] | None = None,
    ):
        self.title, self.unit, self.last_step = title, unit, last_step
        self.lines, self.log_y = dict(lines or {}), log_y
        self.reference = to_reference(reference or {}, last_step)
        self.thresholds, self.sample = Thresholds(pin_at), sample
        if bool(self.thresholds.remaining) != callable(sample):
            raise ValueError(
                f"pin_at={pin_at!r} and sample={sample!r:.60} belong together: pin_at has "
                f"thresholds of the loss, such as (5.9, 5.0), and sample is a function that "
                f"returns a text. Give both or neither."
            )
        self.max_pins = len(self.thresholds.remaining)
        self.history: dict[str, tuple[list[float], list[float]]] = {}
        self.pins: dict[float, str] = {}
        # Where the plot is shown; None before the first `add`.
        self.output: CellOutput | TerminalOutput | NoOutput | None = None
        self.next_draw_time = 0.0
        self.is_drawn = True

    def add(self, step: float, **losses: float | None) -> None:
        """Add the losses of one step, and draw if it is time.

        Args:
            step: Number of the step.
            losses: Losses by the name of their curve; None means that it was not measured.

        Raises:
            ValueError: If no loss is named.
        """
        if not losses:
            raise ValueError(f"add({step}) has no loss: write add({step}, loss=2.5).")
        given = {name: loss for name, loss in losses.items() if loss is not None}
        measured = {name: to_number(loss, name) for name, loss in given.items()}
        if not measured:
            return
        for name, loss in measured.items():
            steps, values = self.history.setdefault(name, ([], []))
            steps.append(to_number(step, "step"))
            values.append(loss)
        if self.is_drawn and self.output is not None:
            self.output.open()  # training may continue in another cell
        self.is_drawn = False
        if self.thresholds.passed(measured):
            self.pin(step)
        now = perf_counter()
        if now >= self.next_draw_time:
            self.redraw()
            seconds = perf_counter() - now
            self.next_draw_time = now + max(MIN_PAUSE, seconds / DRAW_FRACTION)

    def read(self, log: str | Path) -> int:
        """Add the steps of a log that are not in the chart yet; call it again while the run grows.

        Args:
            log: The folder of a run, or its log.jsonl.

        Returns:
            How many steps were new.

        Raises:
            ValueError: If the log cannot be read, or has no losses.

        Example:
            >>> with open("log.jsonl", "w", encoding="utf-8") as log:
            ...     print('{"step": 1, "train_loss": 3.3}', file=log)
            >>> plot = LossPlot("A run", last_step=6000)
            >>> plot.read("log.jsonl"), plot.read("log.jsonl")
            (1, 0)
        """
        rows = [row for row in read_log(log) if any(row.get(key) is not None for key in LOG_KEYS)]
        if not rows:
            raise ValueError(f"The log {log} has no {' and no '.join(LOG_KEYS)} yet.")
        last = max((steps[-1] for steps, _ in self.history.values()), default=-inf)
        new = [row for row in rows if to_number(row.get("step"), "step of the log") > last]
        for row in new:
            self.add(row["step"], **{curve: row.get(key) for key, curve in LOG_KEYS.items()})
        return len(new)

    def pin(self, step: float) -> None:
        """Pin a new sample to the curve at this step.

        Args:
            step: Number of the step.

        Raises:
            ValueError: If `sample()` does not return a str.
        """
        assert self.sample is not None, "thresholds come with a sample"
        text = self.sample()
        if not isinstance(text, str):
            raise ValueError(
                f"sample() returned {text!r:.60}; it must return text, one str. "
                f"''.join(pieces) makes one of several."
            )
        self.pins[step] = text

    def redraw(self) -> None:
        """Draw the present state now, even if the last picture is recent."""
        self.output = self.output or open_output(self)
        self.output.show(self)
        self.is_drawn = True  # only now: drawing may be interrupted

    def finish(self) -> None:
        """Draw what has not been drawn yet.

        Called automatically at the end of the cell, also after an interrupt.
        """
        if not self.is_drawn:
            self.redraw()
        if self.output is not None:
            self.output.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.finish()

    @property
    def picture(self) -> Picture:
        """The present state as a still picture, with its data."""
        return self.draw(for_phones=True)

    def draw(self, *, for_phones: bool) -> Picture:
        """Draw the present state.

        Args:
            for_phones: Whether the picture has a narrow form; during training it has none.
        """
        if not self.history:
            raise ValueError("There are no losses to draw yet: plot.add(1, train=3.3) adds one.")
        return loss_picture(self.history, self.chart_options(), self.pins, for_phones=for_phones)

    def chart_options(self) -> ChartOptions:
        """Everything but the curves. Space for all cards is reserved from the first picture on."""
        remaining = ", ".join(f"{threshold:g}" for threshold in self.thresholds.remaining)
        return ChartOptions(
            title=self.title,
            unit=self.unit,
            last_step=self.last_step,
            log_y=self.log_y,
            lines=self.lines,
            reference=self.reference,
            note=f"not reached yet: {remaining}" if remaining else "",
            card_slots=self.max_pins,
            card_lines=MAX_LINES if self.max_pins else 0,
        )

    @property
    def alt(self) -> str:
        """The present state in one sentence."""
        if not self.history:
            return f"{self.title}: no step yet."
        return alt_text(self.history, self.title, reference=self.reference, pins=self.pins)

    def save(self, path: str | Path) -> Path:
        """Write the present picture to a file; see `Picture.save`.

        Args:
            path: A name that ends in .svg, .png or .html.
        """
        return self.picture.save(path)

    def __repr__(self) -> str:
        return f"LossPlot: {self.title}"
