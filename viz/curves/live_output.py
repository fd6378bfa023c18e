"""Where a live plot is shown: below its cell, on one line of a terminal, or nowhere."""

import sys
from math import isfinite
from typing import TYPE_CHECKING, Protocol, TextIO

from viz.canvas.labels import truncate
from viz.canvas.picture import Picture
from viz.curves.series import running_mean

if TYPE_CHECKING:
    from ipykernel.zmqshell import ZMQInteractiveShell

BLOCKS = "▁▂▃▄▅▆▇█"
MAX_BLOCKS = 24


class LivePlot(Protocol):
    """A plot that can be shown."""

    title: str
    history: dict[str, tuple[list[float], list[float]]]

    def draw(self, *, for_phones: bool) -> Picture:
        """The present state."""

    def finish(self) -> None:
        """Draw the last state."""


def open_output(plot: LivePlot) -> "CellOutput | TerminalOutput | NoOutput":
    """Show a plot below this cell, in this terminal, or nowhere."""
    ipython = sys.modules.get("IPython")  # a notebook has imported it
    shell = ipython.get_ipython() if ipython else None
    if shell is not None and hasattr(shell, "kernel"):
        return CellOutput(shell, plot)
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return TerminalOutput(sys.stderr) if terminal else NoOutput()


class CellOutput:
    """One output below a cell. Its text never changes, so that a test can compare it.

    Args:
        shell: The IPython shell of this kernel.
        plot: The plot to show.
    """

    def __init__(self, shell: "ZMQInteractiveShell", plot: LivePlot):
        from IPython.display import display  # noqa: PLC0415 - only a notebook has it

        self.shell, self.plot, self.is_open = shell, plot, False
        self.handle = display(self.bundle(False), raw=True, display_id=True)  # type: ignore[no-untyped-call]  # IPython has no types
        self.open()

    def bundle(self, for_phones: bool) -> dict[str, str]:
        """The output as text and as HTML."""
        picture = self.plot.draw(for_phones=for_phones)
        picture.alt = f"{self.plot.title}, drawn live over the steps"
        return {"text/plain": repr(self.plot), "text/html": picture.to_html()}

    def open(self) -> None:
        """Draw the last state at the end of the cell that runs now."""
        if not self.is_open:
            self.shell.events.register("post_run_cell", self.on_cell_end)
            self.is_open = True

    def show(self, plot: LivePlot) -> None:
        """Update the output in place."""
        self.handle.update(self.bundle(False), raw=True)

    def on_cell_end(self, result: object) -> None:
        """Called by IPython after a cell."""
        self.plot.finish()

    def close(self) -> None:
        """Draw the form for phones, too, and no longer draw at the end of a cell."""
        if self.is_open:
            self.handle.update(self.bundle(True), raw=True)
            self.shell.events.unregister("post_run_cell", self.on_cell_end)
            self.is_open = False


class TerminalOutput:
    """One line that is overwritten: the last mean, and all means as blocks.

    Args:
        stream: A terminal.
    """

    def __init__(self, stream: TextIO):
        self.stream, self.line_is_open = stream, False

    def open(self) -> None:
        """Nothing to do: `show` begins the line."""

    def show(self, plot: LivePlot) -> None:
        """Overwrite the line."""
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
        """End the line."""
        if self.line_is_open:
            self.stream.write("\n")
            self.stream.flush()
            self.line_is_open = False


def block_character(mean: float, low: float, high: float) -> str:
    """A block as tall as the mean is high, or a space if it is not finite."""
    if not isfinite(mean):
        return " "
    return BLOCKS[int(7.99 * (mean - low) / ((high - low) or 1))]


class NoOutput:
    """The output of a script without a terminal. `LossPlot.save` still writes the picture."""

    def open(self) -> None:
        """Nothing to do."""

    def show(self, plot: LivePlot) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""
