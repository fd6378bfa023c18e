"""What each block of a model adds to each logit: a table, with the sum in the last row.

The residual stream is a sum, and so are the logits without the last norm: each block adds its
part ("direct logit attribution"). The entries may also be coordinates of the stream.
"""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_mapping, to_numbers
from viz.canvas.labels import format_number, title_width, truncate, visible_token
from viz.canvas.palette import FAINT, INK, MUTED, diverging_colour, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_COLUMNS = 64
CELL, ROW, LEFT = 29, 30, 132  # pixels
TOTAL = "= sum"


def draw_logit_attribution(
    entries: Mapping[str, Sequence[float]],
    *,
    labels: Sequence[str] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw one row for each entry, one column for each number, and the sum of each column.

    Orange is below 0, white is 0, blue is above 0. The largest sum is framed.

    Args:
        entries: Mapping name -> n numbers, at most 64.
        labels: n labels of the columns. None numbers them from 0.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `entries`, `labels` and `sum` in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there is no entry, rows differ in length, or there are more than 64 columns.

    Example:
        >>> draw_logit_attribution({"embedding": [0.5, -1.0], "+ mlp": [0.25, 2.0]}).data["sum"]
        [0.75, 1.0]
    """
    to_mapping(entries, "entries", "{'embedding': [0.5, -1.0]}")
    rows = {str(name): to_numbers(row, f"entry {name!r}") for name, row in entries.items()}
    column_labels = check_columns(rows, labels)
    sums = [fsum(column) for column in zip(*rows.values())]
    picture = Picture(
        {"entries": rows, "labels": column_labels, "sum": sums},
        alt_text(rows, column_labels, sums),
        build_scene(rows, column_labels, sums, title),
    )
    return picture.draw_on(ax) if ax is not None else picture


def check_columns(rows: Mapping[str, list[float]], labels: Sequence[str] | None) -> list[str]:
    """The column labels, once the rows have the same length."""
    if not rows or not next(iter(rows.values())):
        raise ValueError(
            'entries has no numbers: give at least one row, {"embedding": [0.5, -1.0]}.'
        )
    width = len(next(iter(rows.values())))
    for name, row in rows.items():
        if len(row) != width:
            raise ValueError(
                f"Entry {name!r} has {len(row)} numbers, the first entry has {width}: they cannot "
                f"be added column by column."
            )
    if width > MAX_COLUMNS:
        raise ValueError(f"{width} columns cannot be read; draw at most {MAX_COLUMNS} of them.")
    column_labels = [str(label) for label in (range(width) if labels is None else labels)]
    if len(column_labels) != width:
        raise ValueError(f"{len(column_labels)} labels for {width} columns: give one for each.")
    return column_labels


def build_scene(
    rows: Mapping[str, list[float]], column_labels: list[str], sums: list[float], title: str
) -> Scene:
    top = 44 if title else 14
    height = top + 22 + ROW * (len(rows) + 1) + 22
    scene = Scene(max(LEFT + CELL * len(column_labels) + 20, title_width(title)), height)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    for column, label in enumerate(column_labels):
        x = LEFT + CELL * (column + 0.5)
        scene.add(Text(x, top + 14, visible_token(label, 3), 12, MUTED, "middle", mono=True))
    # One scale for all rows: a colour means the same number everywhere.
    largest = max(abs(number) for row in (*rows.values(), sums) for number in row) or 1.0
    for line, (name, row) in enumerate(rows.items()):
        add_row(scene, name, row, top + 22 + ROW * line, largest)
    y = top + 22 + ROW * len(rows) + 8
    scene.add(Rect(16, y - 6, LEFT - 16 + CELL * len(column_labels), 1.5, INK))
    add_row(scene, TOTAL, sums, y, largest, bold=True)
    best = LEFT + CELL * sums.index(max(sums))
    scene.add(Rect(best, y, CELL - 1, ROW - 2, "none", INK, 2))
    return scene


def add_row(
    scene: Scene, name: str, row: list[float], y: float, largest: float, bold: bool = False
) -> None:
    weight = "700" if bold else "normal"
    scene.add(Text(LEFT - 10, y + 19, truncate(name, 17), 12.5, INK, "end", weight=weight))
    for column, number in enumerate(row):
        x, fraction = LEFT + CELL * column, number / largest
        fill = diverging_colour(fraction)
        scene.add(Rect(x, y, CELL - 1, ROW - 2, fill, FAINT, 0.5))
        middle = x + (CELL - 1) / 2
        text = format_cell(number)
        scene.add(Text(middle, y + 18, text, 9, ink_on(fill), "middle", weight=weight))


def format_cell(number: float) -> str:
    """As many digits as fit into a cell: 0.31 -> 0.3, -12.3 -> −12."""
    return format_number(round(number, 1 if abs(number) < 9.95 else 0))


def alt_text(rows: Mapping[str, list[float]], column_labels: list[str], sums: list[float]) -> str:
    """The column with the largest sum, and what each entry adds to it."""
    best = sums.index(max(sums))
    parts = ", ".join(f"{name} {row[best]:.1f}" for name, row in rows.items())
    return (
        f"What {len(rows)} entries add to {len(column_labels)} numbers. The largest sum is that of "
        f"{visible_token(column_labels[best])}, {sums[best]:.1f}: {parts}."
    )
