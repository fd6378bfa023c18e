"""A table that changes while something is learned, beside one that stands still."""

from collections.abc import Mapping, Sequence
from itertools import chain

from ipywidgets import Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.next_token.counts import draw_counts, to_table


class CountsPlayer(Control):
    """Recorded tables to leaf through; on the left the one to compare with.

    `frames` maps a step to its table. Without a kernel: the first and the last of them.
    Shapes:  each table (R, C); rows: R labels, columns: C labels.
    Raises:  ValueError without frames, and for tables that do not fit their labels.
    Example: CountsPlayer({0: [[0.5, 0.5]], 9: [[0.9, 0.1]]}, ["q"], ["u", "e"], [[1.0, 0.0]])
    """

    def __init__(
        self,
        frames: Mapping[int, object],
        rows: Sequence[str],
        columns: Sequence[str] | None = None,
        reference=None,
        *,
        titles: tuple[str, str] = ("counted", "learned"),
        title: str = "",
        axes: tuple[str, str] = ("", ""),
    ):
        if not frames:
            raise ValueError("There are no frames: give them as {0: table, 100: table}.")
        self.rows = [str(row) for row in rows]
        self.columns = self.rows if columns is None else [str(column) for column in columns]
        self.frames = {s: to_table(t, self.rows, self.columns) for s, t in frames.items()}
        self.reference = None if reference is None else to_table(reference, self.rows, self.columns)
        self.titles, self.title, self.axes = titles, title, axes
        self.step = SelectionSlider(
            options=[(f"{step:,}", step) for step in self.frames],
            description="step",
            layout=Layout(width="460px"),
        )
        super().__init__([self.step], self.picture_of([min(self.frames), max(self.frames)]))
        self.step.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        return self.picture_of([self.step.value])

    def picture_of(self, steps: list[int]) -> Picture:
        """The fixed table and those of the steps, on one scale of colour."""
        steps = list(dict.fromkeys(steps))
        shown = {
            f"{self.titles[1]}, step {s:,}{self.difference_text(s)}": self.frames[s] for s in steps
        }
        if self.reference is not None:
            shown = {self.titles[0]: self.reference} | shown
        tables = list(shown.values())
        return draw_counts(
            tables,
            self.rows,
            self.columns,
            title=self.title,
            titles=list(shown),
            axes=self.axes,
        )

    def difference_text(self, step: int) -> str:
        """How far the table of a step is from the fixed one."""
        if self.reference is None:
            return ""
        both = zip(chain(*self.reference), chain(*self.frames[step]))
        return f": {max(abs(a - b) for a, b in both):.1g} off"
