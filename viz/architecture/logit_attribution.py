"""What each block of a model adds to each logit: a table, with the sum in the last row.

The residual stream is a sum, and so are the logits without the last norm: each block adds its
part ("direct logit attribution"). The entries may also be coordinates of the stream.
"""

from collections.abc import Mapping, Sequence
from math import fsum
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_mapping, to_numbers, to_tokens
from viz.canvas.labels import format_number, title_width, truncate, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene
from viz.canvas.palette import FAINT, INK, MUTED, diverging_colour, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_COLUMNS = 64
CELL, ROW, LEFT = 29.0, 30.0, 132.0  # pixels
MAX_CELL, MIN_ROW, WIDTH, HEIGHT = 64.0, 12.0, 700.0, 560.0  # for words, and for many entries
PHONE_CELL, PHONE_NAME = 31.0, 15  # pixels, at least; letters
MAX_IN_ALT = 12  # entries
TOTAL = "= sum"


def draw_logit_attribution(
    entries: Mapping[str, Sequence[float]],
    *,
    labels: Sequence[str | bytes] | None = None,
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
        narrow=phone_scene(rows, column_labels, sums, title),
    )
    return picture.draw_on(ax) if ax is not None else picture


def check_columns(
    rows: Mapping[str, list[float]], labels: Sequence[str | bytes] | None
) -> list[str]:
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
        raise ValueError(
            f"{width:,} columns cannot be read; draw at most {MAX_COLUMNS} of them, such as those "
            f"with the largest sums."
        )
    column_labels = to_tokens(range(width) if labels is None else labels)
    if len(column_labels) != width:
        raise ValueError(f"{len(column_labels)} labels for {width} columns: give one for each.")
    return column_labels


def build_scene(
    rows: Mapping[str, list[float]], column_labels: list[str], sums: list[float], title: str
) -> Scene:
    cell, letters = cell_width(column_labels)
    row_height = max(MIN_ROW, min(ROW, HEIGHT / len(rows)))
    top, size = 44 if title else 14, (cell, row_height)
    scene = Scene(max(LEFT + cell * len(column_labels) + 20, title_width(title)), 0)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    for column, label in enumerate(column_labels):
        x, shown = LEFT + cell * (column + 0.5), visible_token(label, letters)
        scene.add(Text(x, top + 14, shown, 12, MUTED, "middle", mono=True))
    # One scale for all rows: a colour means the same number everywhere.
    largest = max(abs(number) for row in (*rows.values(), sums) for number in row) or 1.0
    for line, (name, row) in enumerate(rows.items()):
        add_row(scene, name, row, top + 22 + row_height * line, largest, size)
    y = top + 22 + row_height * len(rows) + 8
    scene.add(Rect(16, y - 6, LEFT - 16 + cell * len(column_labels), 1.5, INK))
    add_row(scene, TOTAL, sums, y, largest, (cell, ROW), bold=True)
    best = LEFT + cell * sums.index(max(sums))
    scene.add(Rect(best, y, cell - 1, ROW - 2, "none", INK, 2))
    scene.height = y + ROW + 14
    return scene


def phone_scene(
    rows: Mapping[str, list[float]], column_labels: list[str], sums: list[float], title: str
) -> Scene:
    """The columns in several tables, one below another."""
    longest = max(len(truncate(name, PHONE_NAME)) for name in (*rows, TOTAL))
    left = MARGIN + 10 + 6.6 * longest
    room, words = NARROW - left - 8, max(len(visible_token(label)) for label in column_labels)
    wanted = max(PHONE_CELL, min(MAX_CELL, 7 * words + 8))
    tables = -(-len(column_labels) // max(1, int(room / wanted)))
    per_table = -(-len(column_labels) // tables)
    cell, height = room / per_table, max(14.0, min(ROW, HEIGHT / len(rows)))
    letters = int((cell - 4) / 7)
    largest = max(abs(number) for row in (*rows.values(), sums) for number in row) or 1.0
    best, scene = sums.index(max(sums)), phone_title_scene(title)
    for start in range(0, len(column_labels), per_table):
        part = slice(start, start + per_table)
        for column, label in enumerate(column_labels[part]):
            x, shown = left + cell * (column + 0.5), visible_token(label, letters)
            scene.add(Text(x, scene.height + 14, shown, 11.5, MUTED, "middle", mono=True))
        y = scene.height + 22
        for name, row in rows.items():
            name = truncate(name, PHONE_NAME)
            add_row(scene, name, row[part], y, largest, (cell, height), left=left)
            y += height
        scene.add(Rect(MARGIN, y + 2, left - MARGIN + cell * len(sums[part]), 1.5, INK))
        add_row(scene, TOTAL, sums[part], y + 8, largest, (cell, ROW), bold=True, left=left)
        if start <= best < start + per_table:
            x = left + cell * (best - start)
            scene.add(Rect(x, y + 8, cell - 1, ROW - 2, "none", INK, 2))
        scene.height = y + ROW + 24
    return scene


def cell_width(column_labels: list[str]) -> tuple[float, int]:
    """Pixels of a column, and letters of its label: words have more room than letters."""
    longest = max(len(visible_token(label)) for label in column_labels)
    room = min(MAX_CELL, WIDTH / len(column_labels), 7.4 * longest + 8)
    return (CELL, 3) if room <= CELL else (room, int((room - 6) / 7.4))


def add_row(
    scene: Scene,
    name: str,
    row: list[float],
    y: float,
    largest: float,
    size: tuple[float, float],
    bold: bool = False,
    left: float = LEFT,
) -> None:
    (width, height), weight = size, "700" if bold else "normal"
    middle, letters = y + height / 2 - 1, 12.5 if height > 16 else 10.5
    shown = truncate(name, 17)
    scene.add(Text(left - 10, middle + 0.4 * letters, shown, letters, INK, "end", weight=weight))
    for column, number in enumerate(row):
        x, fraction = left + width * column, number / largest
        fill = diverging_colour(fraction)
        gap = 2 if height > 16 else 1
        scene.add(Rect(x, y, width - 1, height - gap, fill, FAINT, 0.5))
        x, text = x + (width - 1) / 2, format_cell(number)
        scene.add(Text(x, middle + 4, text, 10.2, ink_on(fill), "middle", weight=weight))


def format_cell(number: float) -> str:
    """As many digits as fit into a cell: 0.31 -> 0.3, -12.3 -> −12."""
    return format_number(round(number, 1 if abs(number) < 9.95 else 0))


def alt_text(rows: Mapping[str, list[float]], column_labels: list[str], sums: list[float]) -> str:
    """The column with the largest sum, and what each entry adds to it."""
    best = sums.index(max(sums))
    order = sorted(rows, key=lambda name: -abs(rows[name][best]))[:MAX_IN_ALT]
    parts = ", ".join(f"{name} {row[best]:.1f}" for name, row in rows.items() if name in order)
    parts += f"; the other {len(rows) - len(order)} add less" if len(order) < len(rows) else ""
    return (
        f"What {len(rows)} entries add to {len(column_labels)} numbers. The largest sum is that of "
        f"{visible_token(column_labels[best])}, {sums[best]:.1f}: {parts}."
    )
