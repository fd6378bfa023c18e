"""Where a plot that grows is shown: below its cell, on one line of a terminal, or nowhere."""

import sys
from math import isfinite
from typing import Protocol

from viz.canvas.labels import truncate
from viz.canvas.picture import Picture
from viz.curves.series import running_mean

BLOCKS = "▁▂▃▄▅▆▇█"
MAX_BLOCKS = 24


class LivePlot(Protocol):
    """What is shown."""

    title: str
    history: dict[str, tuple[list[float], list[float]]]

    @property
    def picture(self) -> Picture: ...

    def finish(self) -> None: ...


def open_output(plot: LivePlot):
    """The place to draw at: this cell, this terminal, or nowhere."""
    ipython = sys.modules.get("IPython")  # if nobody has loaded it, this is no notebook
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return CellOutput(shell, plot)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return TerminalOutput(sys.stderr) if terminal else NoOutput()


class CellOutput:
    """One output below the cell. Its words never change, so that a test can compare them."""

    def __init__(self, shell, plot: LivePlot):
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
            self.shell.events.register("post_run_cell", self.on_cell_end)
            self.is_open = True

    def show(self, plot: LivePlot) -> None:
        self.handle.update(self.bundle(), raw=True)

    def on_cell_end(self, result) -> None:
        self.plot.finish()

    def close(self) -> None:
        if self.is_open:
            self.shell.events.unregister("post_run_cell", self.on_cell_end)
            self.is_open = False


class TerminalOutput:
    """One line that is written over: the last mean, and all means as little blocks."""

    def __init__(self, stream):
        self.stream, self.line_is_open = stream, False

    def open(self) -> None:
        pass

    def show(self, plot: LivePlot) -> None:
        name, (steps, values) = next(iter(plot.history.items()))
        means = running_mean(values)
        count = min(len(means), MAX_BLOCKS)
        finite = [mean for mean in means[-1:] + means if isfinite(mean)] or [0.0]
        low, high = min(finite), max(finite)
        blocks = "".join(
            block_character(means[i * len(means) // count], low, high) for i in range(count)
        )
        label = f"{truncate(plot.title, 20)}  step {steps[-1]:,.6g}  "
        label += f"{truncate(name, 8)} {means[-1]:.4g}"
        self.stream.write(f"\r{label}  {blocks}\x1b[K")
        self.stream.flush()
        self.line_is_open = True

    def close(self) -> None:
        if self.line_is_open:
            self.stream.write("\n")
            self.stream.flush()
            self.line_is_open = False


def block_character(mean: float, low: float, high: float) -> str:
    """The higher the mean the taller the block; a gap where it is not finite."""
    if not isfinite(mean):
        return " "
    return BLOCKS[int(7.99 * (mean - low) / ((high - low) or 1))]


class NoOutput:
    """A script whose output goes to a file: the history is kept, `save` writes the picture."""

    def open(self) -> None:
        pass

    def show(self, plot: LivePlot) -> None:
        pass

    def close(self) -> None:
        pass
