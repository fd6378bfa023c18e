"""A table of counts or probabilities as a heat map; several tables share one colour scale.

Numbers are written into the cells where there is room. Rows and columns keep their order.
"""

from collections.abc import Collection, Iterable, Sequence
from math import copysign, sqrt
from typing import TYPE_CHECKING

from viz.canvas.arrays import count_axes, to_numbers, to_tokens
from viz.canvas.bitmap import to_png
from viz.canvas.labels import format_number, visible_token
from viz.canvas.pages import MARGIN, NARROW, phone_title_scene, words_scene
from viz.canvas.palette import INK, LINE, MUTED, ORANGE, diverging_colour, ink_on
from viz.canvas.picture import Picture
from viz.canvas.scene import Image, Line, Rect, Scene, Text, vstack

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

MAX_WIDTH, MAX_WIDTH_SINGLE = 900, 720  # of several tables together, and of one, in pixels
MAX_CELL, MIN_CELL = 46, 8
MIN_CELL_WITH_NUMBER = 19  # a number in a smaller square could not be read
LEFT, GAP, RIGHT = 44, 48, 20
# On a phone: a number has at least 10 pixels; width of a letter, height of a line.
MIN_PHONE_CELL_WITH_NUMBER, PHONE_LETTER, PHONE_LINE = 27, 6.4, 11
Table = list[list[float]]
Mark = tuple[str | None, str | None]


def draw_counts(
    table: "ArrayLike",
    rows: Sequence[str],
    columns: Sequence[str] | None = None,
    *,
    title: str = "",
    titles: Sequence[str] = (),
    axes: tuple[str, str] = ("", ""),
    mark: Collection[Mark] | None = None,
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a table, or several side by side, one square for each cell: the larger, the darker.

    Numbers below 0 are orange.

    Args:
        table: Counts or probabilities, shape (R, C), or a list of such tables.
        rows: R labels of rows.
        columns: C labels of columns. None takes the labels of the rows.
        title: Title of the picture.
        titles: A title for each of several tables.
        axes: What the rows and what the columns are.
        mark: Cells to frame: ("q", "u"), a whole row ("q", None), or a whole column (None, "u").
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the table or tables as lists in `.data`; or `ax`, if given.

    Raises:
        ValueError: If a table does not fit its labels, a number is not finite, or there is no such
            cell to mark.

    Example:
        >>> draw_counts([[9, 1], [4, 0]], ["a", "b"], ["c", "end"], mark=[("b", "end")])
        Picture: Table, 2 rows and 2 columns; the largest are a c 9, b c 4, a end 1.
    """
    rows = to_tokens(rows, "rows")
    columns = rows if columns is None else to_tokens(columns, "columns")
    is_stack = count_axes(table) == 3
    given: Iterable[ArrayLike] = table if is_stack else [table]  # type: ignore[assignment]  # iterable
    tables = [to_table(one, rows, columns) for one in given]
    if len(titles) > len(tables):
        raise ValueError(f"{len(titles)} titles for {len(tables)} tables: give at most one each.")
    marks = check_marks(mark, rows, columns)
    scene = build_scene(tables, rows, columns, title, list(titles), marks)
    if any(axes):
        axes_text = f"rows: {axes[0]} · columns: {axes[1]}"
        scene.width = max(scene.width, 8.6 * len(title) + 6.6 * len(axes_text) + 48)
        scene.add(Text(scene.width - RIGHT, 25, axes_text, 12, MUTED, "end"))
    alt = alt_text(tables, rows, columns, title, list(titles))
    narrow = phone_scene(tables, rows, columns, title, list(titles), axes, marks)
    picture = Picture(tables if is_stack else tables[0], alt, scene, narrow=narrow)
    return picture.draw_on(ax) if ax is not None else picture


def to_table(given: "ArrayLike", rows: list[str], columns: list[str]) -> Table:
    """The table as lists; ValueError unless there is one number for each row and column."""
    listed = given.tolist() if hasattr(given, "tolist") else given
    if not isinstance(listed, (list, tuple)) or not listed or not rows or not columns:
        raise ValueError(
            f"A table is a list of rows, at least one, each a list of numbers; got {listed!r:.60}."
        )
    table = [to_numbers(row, f"row {i}") for i, row in enumerate(listed)]
    row_lengths = {len(row) for row in table}
    if len(table) != len(rows) or row_lengths != {len(columns)}:
        lengths = " or ".join(map(str, sorted(row_lengths)))
        raise ValueError(
            f"The table has {len(table)} rows of {lengths} numbers, "
            f"but there are {len(rows)} labels for rows and {len(columns)} for columns."
        )
    return table


def check_marks(mark: Collection[Mark] | None, rows: list[str], columns: list[str]) -> list[Mark]:
    for row, column in mark or []:
        if row not in (None, *rows) or column not in (None, *columns):
            raise ValueError(
                f"mark has {(row, column)!r}, but there is no such cell. "
                f"Rows: {', '.join(rows)}; columns: {', '.join(columns)}."
            )
    return list(mark or [])


def build_scene(
    tables: list[Table],
    rows: list[str],
    columns: list[str],
    title: str,
    titles: list[str],
    marks: list[Mark],
) -> Scene:
    max_width = MAX_WIDTH if len(tables) > 1 else MAX_WIDTH_SINGLE
    cell_width = (max_width - GAP * (len(tables) - 1)) / len(tables) / len(columns)
    side = int(min(MAX_CELL, max(MIN_CELL, cell_width)))
    top = 30 + (26 if title else 0) + (24 if titles else 0)
    stride = side * len(columns) + GAP
    width = LEFT + stride * len(tables) - GAP + RIGHT
    scene = Scene(max(width, 8.6 * len(title) + 32), top + side * len(rows) + 16)
    scene.add(Text(16, 25, title, 15, weight="600"))
    largest = largest_of(tables)
    for n, table in enumerate(tables):
        left = LEFT + stride * n
        if n < len(titles):
            scene.add(Text(left, top - 24, titles[n], 13, MUTED, weight="600"))
        add_labels(scene, rows, columns, left, top, side)
        add_cells(scene, table, largest, left, top, side)
        for row, column in marks:
            scene.add(mark_frame(row, column, rows, columns, left, top, side))
    return scene


def largest_of(tables: list[Table]) -> float:
    return max((abs(x) for table in tables for row in table for x in row), default=0) or 1.0


def phone_scene(
    tables: list[Table],
    rows: list[str],
    columns: list[str],
    title: str,
    titles: list[str],
    axes: tuple[str, str],
    marks: list[Mark],
) -> Scene:
    """The tables below each other; without numbers where their squares are small."""
    left = MARGIN + 4 + PHONE_LETTER * max(len(visible_token(row, 6)) for row in rows)
    side = min(MAX_CELL, (NARROW - left - 12) / len(columns))
    widest = max(len(visible_token(column, 6)) for column in columns)
    is_upright = widest * PHONE_LETTER > side  # a long label is turned
    scenes = [phone_title_scene(title)]
    if any(axes):
        scenes.append(words_scene(f"rows: {axes[0]} · columns: {axes[1]}", NARROW))
    for n, table in enumerate(tables):
        top = 24 + (22 if n < len(titles) else 0)
        top += int(PHONE_LETTER * (widest - 1)) if is_upright else 0
        scene = Scene(NARROW, top + side * len(rows) + 10)
        if n < len(titles):
            scene.add(Text(MARGIN, 15, titles[n], 13, MUTED, weight="600"))
        add_phone_labels(scene, rows, columns, left, top, side, is_upright)
        if side >= MIN_PHONE_CELL_WITH_NUMBER:
            add_cells(scene, table, largest_of(tables), left, top, side)
        else:
            add_image(scene, table, largest_of(tables), left, top, side)
        scene.add(*(mark_frame(*mark, rows, columns, left, top, side) for mark in marks))
        scenes.append(scene)
    return vstack(*scenes)


def add_phone_labels(
    scene: Scene,
    rows: list[str],
    columns: list[str],
    left: float,
    top: float,
    side: float,
    is_upright: bool,
) -> None:
    """Labels of one size; where there is no room for all, one of every few."""
    step = -(-PHONE_LINE // side)
    for i, row in enumerate(rows):
        if i % step == 0:
            y = top + side * (i + 0.5) + 3.5
            scene.add(Text(left - 4, y, visible_token(row, 6), 10.5, INK, "end", mono=True))
    for j, column in enumerate(columns):
        if j % step == 0:
            label, x = visible_token(column, 6), left + side * (j + 0.5)
            if is_upright and len(label) > 1:
                scene.add(Text(x + 3.5, top - 4, label, 10.5, INK, mono=True, upright=True))
            else:
                scene.add(Text(x, top - 5, label, 10.5, INK, "middle", mono=True))


def add_image(
    scene: Scene, table: Table, largest: float, left: float, top: float, side: float
) -> None:
    """All cells as one small image, of 255 colours, with lines between them."""
    shades = [diverging_colour(k / 127) for k in range(-127, 128)]
    strength = lambda x: 127 + round(127 * copysign(sqrt(abs(x) / largest), x))  # noqa: E731 - one use
    png = to_png([bytes(map(strength, row)) for row in table], shades)
    width, height = side * len(table[0]), side * len(table)
    scene.add(Image(left, top, width, height, png))
    for i in range(len(table) + 1):
        scene.add(Line(((left, top + side * i), (left + width, top + side * i)), LINE, 0.4))
    for j in range(len(table[0]) + 1):
        scene.add(Line(((left + side * j, top), (left + side * j, top + height)), LINE, 0.4))


def add_labels(
    scene: Scene, rows: list[str], columns: list[str], left: float, top: float, side: float
) -> None:
    size = min(13, max(7, 0.8 * side))
    for i, row in enumerate(rows):
        y = top + side * (i + 0.5) + 0.35 * size
        scene.add(Text(left - 6, y, visible_token(row, 6), size, INK, "end", mono=True))
    for j, column in enumerate(columns):
        label = visible_token(column, 6)  # a longer one would cover its neighbour
        font_size = min(size, 1.55 * side / len(label))
        x = left + side * (j + 0.5)
        scene.add(Text(x, top - 6, label, font_size, INK, "middle", mono=True))


def add_cells(
    scene: Scene, table: Table, largest: float, left: float, top: float, side: float
) -> None:
    are_integers = all(x == int(x) for row in table for x in row)
    for i, row in enumerate(table):
        for j, x in enumerate(row):
            strength = sqrt(abs(x) / largest)  # the root, or small numbers would look white
            corner = (left + side * j, top + side * i)
            fill = diverging_colour(copysign(strength, x))
            scene.add(Rect(*corner, side, side, fill, LINE, 0.4))
            if side >= MIN_CELL_WITH_NUMBER and x:
                text = format_cell(x, are_integers, side)
                size = min(12, 1.5 * side / max(3, len(text)))
                middle = (corner[0] + side / 2, corner[1] + side / 2 + 0.35 * size)
                scene.add(Text(*middle, text, size, ink_on(fill), "middle"))


def format_cell(x: float, are_integers: bool, side: float) -> str:
    """A count as it is; a fraction as .12 where squares are small."""
    if are_integers:
        return f"{x:.0f}".replace("-", "−")
    text = f"{x:.2f}" if abs(x) < 10 else format_number(x)
    return (text[1:] if text.startswith("0.") and side < 32 else text).replace("-", "−")


def mark_frame(
    row: str | None,
    column: str | None,
    rows: list[str],
    columns: list[str],
    left: float,
    top: float,
    side: float,
) -> Rect:
    x = left + side * (0 if column is None else columns.index(column))
    y = top + side * (0 if row is None else rows.index(row))
    width = side * (len(columns) if column is None else 1)
    height = side * (len(rows) if row is None else 1)
    return Rect(x, y, width, height, "none", ORANGE, 2)


def alt_text(
    tables: list[Table], rows: list[str], columns: list[str], title: str, titles: list[str]
) -> str:
    """The size of the tables, and their three largest cells."""
    parts = []
    for n, table in enumerate(tables):
        cells = sorted((-x, i, j) for i, row in enumerate(table) for j, x in enumerate(row))
        best = ", ".join(
            f"{visible_token(rows[i])} {visible_token(columns[j])} {format_number(-x)}"
            for x, i, j in cells[:3]
        )
        parts.append(f"{titles[n] + ': ' if n < len(titles) else ''}the largest are {best}")
    size = f"{len(rows)} rows and {len(columns)} columns"
    return f"{title or 'Table'}, {size}; {'; '.join(parts)}."
