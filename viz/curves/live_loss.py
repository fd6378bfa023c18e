"""The loss drawn while it is made, in a notebook or in a terminal.

One output is updated in place; nothing is cleared, so nothing flickers. Drawing gets at most
about 2 % of the time: after a picture that cost 2 ms the next one waits 120 ms. Whatever stops
the loop, the last state is drawn. Left out on purpose: a thread. The loop that trains is the loop
that draws.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from time import perf_counter

from viz.canvas.picture import Picture
from viz.curves.live_output import CellOutput, NoOutput, TerminalOutput, open_output
from viz.curves.loss import alt_text, loss_picture, to_reference
from viz.curves.loss_scene import ChartOptions
from viz.curves.pins import MAX_LINES
from viz.curves.thresholds import Thresholds

DRAW_FRACTION = 1 / 60  # of the time that may go into drawing
MIN_PAUSE = 0.1  # seconds; faster than this the eye gains nothing


class LossPlot:
    """A curve that grows with every `add`; `.history` keeps all that was added.

    `lines` are levels and `reference` somebody else's curves to compare with. The first time that
    the validation loss (before there is one, the running mean of the training loss) passes one of
    the levels `pin_at`, `sample()` is asked for a text of the model as it is now, and what it
    answers is hung there on the curve; `.pins` keeps it.
    Raises:  ValueError for levels without a `sample`, or the other way round.
    Example: plot = LossPlot("train loss", last_step=2)
             for step in (1, 2): plot.add(step, train=3.3 / step)
    """

    def __init__(
        self,
        title: str = "Loss",
        *,
        unit: str = "loss (nats per token)",
        last_step: int | None = None,
        lines: dict[str, float] | None = None,
        log_y: bool = False,
        reference: Mapping[str, Sequence] | None = None,
        pin_at: Iterable[float] = (),
        sample: Callable[[], str] | None = None,
    ):
        self.title, self.unit, self.last_step = title, unit, last_step
        self.lines, self.log_y = dict(lines or {}), log_y
        self.reference = to_reference(reference or {}, last_step)
        self.thresholds, self.sample = Thresholds(pin_at), sample
        if bool(self.thresholds.remaining) != callable(sample):
            raise ValueError(
                f"pin_at={pin_at!r} and sample={sample!r:.60} belong together: pin_at are levels "
                f"of the loss, such as (5.9, 5.0), and sample a function that gives back a text."
            )
        self.max_pins = len(self.thresholds.remaining)
        self.history: dict[str, tuple[list[float], list[float]]] = {}
        self.pins: dict[float, str] = {}
        self.output: CellOutput | TerminalOutput | NoOutput | None = (
            None  # where it is shown; found at the first `add`
        )
        self.next_draw_time = 0.0
        self.is_drawn = True

    def add(self, step: float, **losses: float | None) -> None:
        """Note the losses of one step, and draw if it is time; what is None was not measured.

        Units:  nats per token.
        Raises: ValueError if there is no loss to note.
        """
        if not losses:
            raise ValueError(f"add({step}) has no loss: write add({step}, loss=2.5).")
        measured = {name: float(loss) for name, loss in losses.items() if loss is not None}
        if not measured:
            return
        for name, loss in measured.items():
            steps, values = self.history.setdefault(name, ([], []))
            steps.append(float(step))
            values.append(loss)
        if self.is_drawn and self.output is not None:
            self.output.open()  # training may go on in another cell
        self.is_drawn = False
        if self.thresholds.passed(measured):
            self.pin(step)
        now = perf_counter()
        if now >= self.next_draw_time:
            self.redraw()
            seconds = perf_counter() - now
            self.next_draw_time = now + max(MIN_PAUSE, seconds / DRAW_FRACTION)

    def pin(self, step: float) -> None:
        """Ask for a sample, and hang it on the curve at this step.

        Raises: ValueError if the answer is no text.
        """
        assert self.sample is not None, "levels come with a sample"
        text = self.sample()
        if not isinstance(text, str):
            raise ValueError(
                f"sample() answered with {text!r:.60}; it must give back text, one str. "
                f"''.join(pieces) makes one of several."
            )
        self.pins[step] = text

    def redraw(self) -> None:
        """Draw the present state now."""
        self.output = self.output or open_output(self)
        self.output.show(self)
        self.is_drawn = True  # not before: an interrupt may come while it is drawn

    def finish(self) -> None:
        """Draw what has not been drawn yet.

        Called for you at the end of the cell, also after an interrupt.
        """
        if not self.is_drawn:
            self.redraw()
        if self.output is not None:
            self.output.close()

    def __enter__(self) -> "LossPlot":
        return self

    def __exit__(self, *error) -> None:
        self.finish()

    @property
    def picture(self) -> Picture:
        """The present state as a still picture, with its data."""
        if not self.history:
            raise ValueError("There are no losses to draw yet: plot.add(1, train=3.3) notes one.")
        return loss_picture(self.history, self.chart_options(), self.pins)

    def chart_options(self) -> ChartOptions:
        """The frame; the room for all cards is there from the first picture on."""
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

    def save(self, path):
        """Write the present picture, as `Picture.save` does."""
        return self.picture.save(path)

    def __repr__(self) -> str:
        return f"LossPlot: {self.title}"
