"""Layout and drawing of the squares of a funnel, and the texts that appear on hover.

The picture is an image, which every front end shows. Empty elements above it have the texts as
`title` attributes, which a browser shows on hover without a script.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from math import ceil, sqrt
from textwrap import wrap

from viz.canvas.labels import printable, truncate
from viz.canvas.pages import NARROW, heading_scene, wrapped
from viz.canvas.palette import CATEGORIES, GREEN, INK, LINE, PAPER, VIOLET
from viz.canvas.picture import ADAPTS, DARK_STYLE, PHONE, Picture, picture_tag
from viz.canvas.scene import Line, Rect, Scene, Text, format_coordinate

MAX_SQUARES = 3000
WIDTH, MARGIN, GAP, HEIGHT = 824.0, 14.0, 12.0, 480.0  # JupyterLab shows 828 pixels
MAX_COLUMN_WIDTH = 240.0
MIN_PITCH, MAX_PITCH = 3, 18  # pixels from one square to the next
NARROW_HEIGHT, MAX_NOTE_LINES = 420.0, 14  # of the squares, and of a note, on a phone
# On a phone nothing hovers, and the squares have other places.
PHONE_STYLE = (
    f"<style>@media (max-width: {PHONE}px) "
    "{.viz-funnel {width: auto !important} .viz-funnel > div {display: none !important}}</style>"
)
COLOURS = [*(colour for colour in CATEGORIES if colour != GREEN), VIOLET]  # green is what is kept


@dataclass(frozen=True)
class Column:
    """The squares of one filter; the last column, without a name, is what is kept.

    Attributes:
        name: Name of the filter.
        found: How many documents reach it.
        removed: How many of them it removes.
        passing: How many squares pass it; they are drawn at the top.
        drawn: Indices of the removed documents that have a square of their own, marked ones first.
        black: How many of these are marked.
        colour: Colour of the other ones.
        pitch: From one square to the next, in pixels.
        per_row: Squares per row.
        x: Left edge in pixels.
        top: Upper edge in pixels.
    """

    name: str
    found: int
    removed: int
    passing: int
    drawn: list[int]
    black: int
    colour: str
    pitch: int
    per_row: int
    x: float
    top: float

    @property
    def y(self) -> float:
        return self.top + (self.pitch * self.rows(self.passing) + 4 if self.passing else 0)

    @property
    def coloured(self) -> int:
        return len(self.drawn) - self.black

    @property
    def y_coloured(self) -> float:
        return self.y + self.pitch * self.rows(self.black)

    @property
    def bottom(self) -> float:
        return self.y_coloured + self.pitch * self.rows(self.coloured)

    def rows(self, squares: int) -> int:
        return ceil(squares / self.per_row)


def build_columns(
    stages: Mapping[str, list[int]],
    marks: Collection[int],
    title: str,
    height: float | None = None,
) -> tuple[list[Column], int]:
    """A column for each stage, and how many documents one square stands for."""
    remaining = sum(map(len, stages.values()))
    docs_per_square = max(1, ceil(remaining / MAX_SQUARES))
    drawn_of = {
        name: subsample(indices, marks, docs_per_square) for name, indices in stages.items()
    }
    squares = sum(map(len, drawn_of.values()))
    width = min(MAX_COLUMN_WIDTH, (WIDTH - 2 * MARGIN + GAP) / len(stages) - GAP)
    pitch = min(MAX_PITCH, max(MIN_PITCH, int(sqrt(width * (height or HEIGHT) / squares))))
    columns = []
    for i, (name, indices) in enumerate(stages.items()):
        drawn = drawn_of[name]
        squares -= len(drawn)
        columns.append(
            Column(
                name=name,
                found=remaining,
                removed=len(indices),
                passing=squares,
                drawn=drawn,
                black=sum(index in marks for index in drawn),
                colour=COLOURS[i % len(COLOURS)] if name else GREEN,
                pitch=pitch,
                per_row=int(width // pitch),
                x=MARGIN + i * (width + GAP),
                top=64.0 if title else 38.0,
            )
        )
        remaining -= len(indices)
    return columns, docs_per_square


def subsample(indices: list[int], marks: Collection[int], docs_per_square: int) -> list[int]:
    """Every n-th document, so that one square stands for n; the marked ones come first."""
    return sorted(indices, key=lambda index: index not in marks)[::docs_per_square]


def build_scene(columns: list[Column], title: str, notes: Sequence[str]) -> Scene:
    first = columns[0]
    width = first.pitch * first.per_row
    scene = Scene(max(columns[-1].x + width, 9.2 * len(title) + MARGIN) + MARGIN, 0)
    scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    # The height of the labels depends on the number of all documents, not on the thresholds.
    label_top = first.top + first.pitch * (first.rows(first.passing + len(first.drawn)) + 2) + 19
    for i, column in enumerate(columns):
        state = "kept" if not column.name else "left" if i else "in all"
        count = f"{column.found:,} {state}"
        scene.add(Text(column.x, column.top - 10, count, 13, INK, weight="600"))
        scene.add(*square_block(column, column.top, column.passing, LINE))
        scene.add(*square_block(column, column.y, column.black, INK))
        scene.add(*square_block(column, column.y_coloured, column.coloured, column.colour))
        for j, line in enumerate(label_lines(column)):
            scene.add(Text(column.x, label_top + 15 * j, line, 12, column.colour, weight="600"))
    bottom = label_top + 15 * max(len(label_lines(column)) for column in columns) + 13
    for i, note in enumerate(notes):
        scene.add(Text(MARGIN, bottom + 17 * i, note, 12, INK))
    scene.height = bottom + 17 * len(notes) - (5 if notes else 14)
    scene.width = max([scene.width, *(6.8 * len(note) + 2 * MARGIN for note in notes)])
    return scene


def narrow_scene(columns: list[Column], title: str, notes: Sequence[str]) -> Scene:
    """The picture for a phone: the squares of each stage below its words, without those that pass.

    A filter that removes nothing has words only.
    """
    scene = heading_scene(title, NARROW)
    width = NARROW - 2 * MARGIN
    squares = sum(len(column.drawn) for column in columns)
    pitch = min(MAX_PITCH, max(MIN_PITCH, int(sqrt(width * NARROW_HEIGHT / max(squares, 1)))))
    first = Text(MARGIN, scene.height + 14, f"{columns[0].found:,} in all", 13, weight="600")
    scene.add(first)
    scene.height = first.y + 8
    for column in columns:
        words = f"−{column.removed:,} {truncate(column.name, 60)}"
        words = words if column.name else f"{column.found:,} kept"
        text = Text(MARGIN, scene.height + 14, words, 12.5, column.colour, weight="600")
        lines = wrapped(text, width)
        top, per_row = lines[-1].y + 7, int(width // pitch)
        one = replace(column, pitch=pitch, per_row=per_row, x=MARGIN, top=top, passing=0)
        scene.add(*lines, *square_block(one, one.y, one.black, INK))
        scene.add(*square_block(one, one.y_coloured, one.coloured, one.colour))
        scene.height = one.bottom + 8
    for note in notes:
        lines = wrapped(Text(MARGIN, scene.height + 14, note, 12, INK), width, most=MAX_NOTE_LINES)
        scene.add(*lines)
        scene.height = lines[-1].y + 6
    scene.height += 8
    return scene


def label_lines(column: Column) -> list[str]:
    """How many documents the filter removes, and its name, in lines as wide as the column."""
    if not column.name:
        return []
    width = max(12, int(column.pitch * column.per_row / 7))
    return wrap(f"−{column.removed:,} {truncate(column.name, 60)}", width)[:4]


def square_block(column: Column, top: float, squares: int, colour: str) -> list[Rect | Line]:
    """Squares in rows: rectangles, divided by lines in the colour of the paper."""
    side, per_row, left = column.pitch, column.per_row, column.x
    rows, rest = divmod(squares, per_row)
    bottom, right = top + side * column.rows(squares), left + side * (per_row if rows else rest)
    shapes: list[Rect | Line] = [
        Rect(left, top, side * per_row if rows else 0, side * rows, colour),
        Rect(left, top + side * rows, side * rest, side, colour),
    ]
    across = [left + side * i - 0.5 for i in range(1, (per_row if rows else rest) + 1)]
    down = [top + side * j - 0.5 for j in range(1, column.rows(squares) + 1)]
    shapes += [Line(((x, top), (x, bottom)), PAPER) for x in across]
    shapes += [Line(((left, y), (right, y)), PAPER) for y in down]
    return shapes


def hover_html(
    picture: Picture, columns: list[Column], documents: Sequence[str], max_chars: int
) -> str:
    """The image, and over each coloured square an empty element with the text as its title."""
    scene = picture.scene
    assert scene is not None, "the picture of a funnel has a scene"
    image = picture_tag(picture, picture.alt, ADAPTS)
    grids = (hover_grid(column, documents, max_chars) for column in columns if column.drawn)
    return (
        f'<div style="overflow-x: auto"><div class="viz-funnel" style="position: relative; '
        f'width: {format_coordinate(scene.width)}px">{image}{"".join(grids)}</div></div>'
        f"{DARK_STYLE}{PHONE_STYLE}"
    )


def hover_grid(column: Column, documents: Sequence[str], max_chars: int) -> str:
    texts = (
        truncate(" ".join(documents[i][: 4 * max_chars].split()), max_chars) for i in column.drawn
    )
    boxes = [f'<b title="{escape(printable(text))}"></b>' for text in texts]
    boxes[column.black : column.black] = ["<b></b>"] * (-column.black % column.per_row)
    width, height = column.pitch * column.per_row, column.bottom - column.y
    return (
        f'<div style="position: absolute; left: {format_coordinate(column.x)}px; '
        f"top: {format_coordinate(column.y)}px; "
        f"width: {width}px; height: {format_coordinate(height)}px; display: grid; "
        f'grid-template-columns: repeat({column.per_row}, 1fr)">{"".join(boxes)}</div>'
    )
