"""A table that changes during training, beside a fixed one."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from ipywidgets import Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.dials.frames import page_frames
from viz.next_token.counts import draw_counts, to_table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class CountsPlayer(Control):
    """A slider over recorded tables, with a reference table on the left.

    Args:
        frames: Mapping step -> table, each of shape (R, C). The still twin shows the first and the
            last step.
        rows: R labels of rows.
        columns: C labels of columns. None takes the labels of the rows.
        reference: Table to compare with, shape (R, C).
        titles: Titles of the reference and of the recorded tables.
        title: Title of the picture.
        axes: What the rows and what the columns are.

    Raises:
        ValueError: If there are no frames, or a table does not fit its labels.

    Example:
        >>> player = CountsPlayer({0: [[0.5, 0.5]], 9: [[0.9, 0.1]]}, ["q"], ["u", "e"])
        >>> player.step.options
        (('0', 0), ('9', 9))
    """

    def __init__(
        self,
        frames: "Mapping[int, ArrayLike]",
        rows: Sequence[str],
        columns: Sequence[str] | None = None,
        reference: "ArrayLike | None" = None,
        *,
        titles: tuple[str, str] = ("counted", "learned"),
        title: str = "",
        axes: tuple[str, str] = ("", ""),
    ) -> None:
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

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, step=self.step)

    def picture(self) -> Picture:
        """The reference and the table of the chosen step."""
        return self.picture_of([self.step.value])

    def picture_of(self, steps: list[int]) -> Picture:
        """The reference and the tables of these steps.

        Args:
            steps: Which steps; a step given twice is drawn once.
        """
        steps = list(dict.fromkeys(steps))
        shown = {
            f"{self.titles[1]}, step {s:,}{self.difference_text(s)}": self.frames[s] for s in steps
        }
        if self.reference is not None:
            shown = {self.titles[0]: self.reference} | shown
        return draw_counts(
            list(shown.values()),
            self.rows,
            self.columns,
            title=self.title,
            titles=list(shown),
            axes=self.axes,
        )

    def difference_text(self, step: int) -> str:
        """The largest difference between the table of a step and the reference.

        Args:
            step: The step of the table.
        """
        if self.reference is None:
            return ""
        pairs = zip(chain(*self.reference), chain(*self.frames[step]))
        return f": {max(abs(a - b) for a, b in pairs):.1g} off"
