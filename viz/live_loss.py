"""The loss drawn while it is made, in a notebook or in a terminal.

One output is updated in place; nothing is cleared, so nothing flickers. Drawing gets at most
about 2 % of the time: after a picture that cost 2 ms the next one waits 120 ms. Whatever stops
the loop, the last state is drawn. Left out on purpose: a thread. The loop that trains is the loop
that draws.
"""

import sys
from math import isfinite
from time import perf_counter

from viz.labels import clip
from viz.loss import describe, draw_loss, running_mean
from viz.picture import Picture

SHARE = 1 / 60  # of the time that may go into drawing
SHORTEST_PAUSE = 0.1  # seconds; faster than this the eye gains nothing
BLOCKS = "▁▂▃▄▅▆▇█"
MOST_BLOCKS = 24


class LossPlot:
    """A curve that grows with every `add`; `.history` keeps all that was added.

    Example: plot = LossPlot("train loss", last_step=1000)
             for step in run: plot.add(step.step, loss=step.loss)
    """

    def __init__(
        self,
        title: str = "Loss",
        *,
        unit: str = "loss (nats per token)",
        last_step: int | None = None,
        lines: dict[str, float] | None = None,
        log_y: bool = False,
    ):
        self.title, self.unit, self.last_step = title, unit, last_step
        self.lines, self.log_y = dict(lines or {}), log_y
        self.history: dict[str, tuple[list[float], list[float]]] = {}
        self.output: CellOutput | TerminalOutput | NoOutput | None = (
            None  # where it is shown; found at the first `add`
        )
        self.next_time = 0.0
        self.drawn = True

    def add(self, step: float, **losses: float) -> None:
        """Note the losses of one step, and draw if it is time. Units: nats per token.

        Raises: ValueError if there is no loss to note.
        """
        if not losses:
            raise ValueError(f"add({step}) has no loss: write add({step}, loss=2.5).")
        for name, loss in losses.items():
            steps, values = self.history.setdefault(name, ([], []))
            steps.append(float(step))
            values.append(float(loss))
        if self.drawn and self.output is not None:
            self.output.open()  # training may go on in another cell
        self.drawn = False
        now = perf_counter()
        if now >= self.next_time:
            self.redraw()
            spent = perf_counter() - now
            self.next_time = now + max(SHORTEST_PAUSE, spent / SHARE)

    def redraw(self) -> None:
        """Draw the present state now."""
        self.output = self.output or open_output(self)
        self.output.show(self)
        self.drawn = True  # not before: an interrupt may come while it is drawn

    def finish(self) -> None:
        """Draw what has not been drawn yet.

        Called for you at the end of the cell, also after an interrupt.
        """
        if not self.drawn:
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
        return draw_loss(
            self.history,
            title=self.title,
            unit=self.unit,
            last_step=self.last_step,
            lines=self.lines,
            log_y=self.log_y,
        )

    @property
    def alt(self) -> str:
        """The present state in one sentence."""
        return describe(self.history, self.title) if self.history else f"{self.title}: no step yet."

    def save(self, path):
        """Write the present picture, as `Picture.save` does."""
        return self.picture.save(path)

    def __repr__(self) -> str:
        return f"LossPlot: {self.title}"


def open_output(plot: LossPlot):
    """The place to draw at: this cell, this terminal, or nowhere."""
    ipython = sys.modules.get("IPython")  # if nobody has loaded it, this is no notebook
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return CellOutput(shell, plot)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return TerminalOutput(sys.stderr) if terminal else NoOutput()


class CellOutput:
    """One output below the cell. Its words never change, so that a test can compare them."""

    def __init__(self, shell, plot: LossPlot):
        from IPython.display import display  # noqa: PLC0415 - only a notebook has it

        self.shell, self.plot, self.is_open = shell, plot, False
        self.handle = display(self.bundle(), raw=True, display_id=True)
        self.open()

    def bundle(self) -> dict[str, str]:
        picture = self.plot.picture
        picture.alt = f"{self.plot.title}, drawn live over the steps"
        return {"text/plain": repr(self.plot), "text/html": picture.to_html()}

    def open(self) -> None:
        """Be called at the end of the cell that runs now."""
        if not self.is_open:
            self.shell.events.register("post_run_cell", self.end_of_cell)
            self.is_open = True

    def show(self, plot: LossPlot) -> None:
        self.handle.update(self.bundle(), raw=True)

    def end_of_cell(self, result) -> None:
        self.plot.finish()

    def close(self) -> None:
        if self.is_open:
            self.shell.events.unregister("post_run_cell", self.end_of_cell)
            self.is_open = False


class TerminalOutput:
    """One line that is written over: the last mean, and all means as little blocks."""

    def __init__(self, stream):
        self.stream, self.line_is_open = stream, False

    def open(self) -> None:
        pass

    def show(self, plot: LossPlot) -> None:
        name, (steps, values) = next(iter(plot.history.items()))
        means = running_mean(values)
        count = min(len(means), MOST_BLOCKS)
        finite = [mean for mean in means[-1:] + means if isfinite(mean)] or [0.0]
        low, high = min(finite), max(finite)
        blocks = "".join(block(means[i * len(means) // count], low, high) for i in range(count))
        said = f"{clip(plot.title, 20)}  step {steps[-1]:,.6g}  {clip(name, 8)} {means[-1]:.4g}"
        self.stream.write(f"\r{said}  {blocks}\x1b[K")
        self.stream.flush()
        self.line_is_open = True

    def close(self) -> None:
        if self.line_is_open:
            self.stream.write("\n")
            self.stream.flush()
            self.line_is_open = False


def block(mean: float, low: float, high: float) -> str:
    """The higher the mean the taller the block; a gap where it is not finite."""
    if not isfinite(mean):
        return " "
    return BLOCKS[int(7.99 * (mean - low) / ((high - low) or 1))]


class NoOutput:
    """A script whose output goes to a file: the history is kept, `save` writes the picture."""

    def open(self) -> None:
        pass

    def show(self, plot: LossPlot) -> None:
        pass

    def close(self) -> None:
        pass
