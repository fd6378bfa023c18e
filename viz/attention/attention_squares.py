"""Attention of a few heads as triangles of squares, or as lines from who asks to who is asked.

The still for what is small enough to be read at once; many heads are drawn in
`viz/attention/attention_mosaic.py`.
"""

from math import ceil

from viz.canvas.labels import visible_token
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MUTED, PAPER, WHITE, blend, ink_on
from viz.canvas.scene import Line, Rect, Scene, Text

MOST_TOKENS = 64
MOST_HEADS = 16
MOST_SQUARES = 8192  # over all heads; more make a notebook too large
FAINTEST = 0.02  # a weight below this draws no line
LINE_ROW, LINE_WIDE = 20, 150

Rows = list[list[float]]
Place = tuple[float, float, float]  # where the first square of a head lies, and its side


def fits(heads: int, T: int) -> bool:
    """Whether so many heads can be drawn square by square."""
    return T <= MOST_TOKENS and heads <= MOST_HEADS and heads * T * T <= MOST_SQUARES


def draw_squares(
    heads: dict[str, Rows], labels: list[str], title: str, causal: bool, note: str
) -> tuple[Scene, list[Place]]:
    """One triangle for each head; also where each of them lies on the sheet."""
    T, many = len(labels), len(heads) > 1
    side = next(s for n, s in ((8, 32), (16, 24), (32, 14), (MOST_TOKENS, 9)) if n >= T)
    side = side if many else round(side * 1.25)
    marks = [visible_token(label, 6) for label in labels]
    left = max(14 + 7.5 * max(map(len, marks)) + 10, 58)
    wide, tall = left + side * T + 22, side * T + (78 if many else 56)
    scene, corners = sheet(len(heads), wide, tall, title)
    places: list[Place] = []
    for (name, rows), (x, y) in zip(heads.items(), corners):
        y += add_name(scene, name, x + left, y) if many else 0
        places.append((x + left, y + 34, side))
        draw_head(scene, rows, marks, x + left, y + 34, side, causal)
    legend(scene, scene.height - 28, note)
    return scene, places


def draw_lines(heads: dict[str, Rows], labels: list[str], title: str, note: str) -> Scene:
    """One fan of lines for each head: the thicker, the more is taken."""
    marks = [visible_token(label, 8) for label in labels]
    left = max(14 + 7.5 * max(map(len, marks)) + 10, 58)
    row = LINE_ROW if len(labels) <= 32 else 11
    tall = row * len(labels) + (78 if len(heads) > 1 else 56)
    scene, corners = sheet(len(heads), 2 * left + LINE_WIDE, tall, title)
    for (name, rows), (x, y) in zip(heads.items(), corners):
        y += add_name(scene, name, x + left, y) if len(heads) > 1 else 0
        x, y = x + left, y + 34
        scene.add(Text(x - 8, y - 8, "asks", 11, MUTED, "end"))
        scene.add(Text(x + LINE_WIDE + 8, y - 8, "is asked", 11, MUTED))
        for i, weights in enumerate(rows):
            scene.add(Text(x - 8, y + row * (i + 0.5) + 4, marks[i], 12, INK, "end", mono=True))
            scene.add(Text(x + LINE_WIDE + 8, y + row * (i + 0.5) + 4, marks[i], 12, mono=True))
            for j, weight in enumerate(weights):
                if weight >= FAINTEST:
                    ends = (x, y + row * (i + 0.5)), (x + LINE_WIDE, y + row * (j + 0.5))
                    scene.add(Line(ends, BLUE, 0.5 + 4 * weight, opacity=max(weight, 0.15)))
    words = f"the thicker a line, the more is taken; weights below {FAINTEST} have none"
    scene.add(Text(16, scene.height - 17, f"{words}{'; ' + note if note else ''}", 11, MUTED))
    return scene


def sheet(
    heads: int, wide: float, tall: float, title: str
) -> tuple[Scene, list[tuple[float, float]]]:
    """Paper for so many heads, and the upper left corner of each."""
    columns = min(heads, max(1, int(1000 / wide)), 4)
    if heads == 4 and columns == 3:
        columns = 2
    top = 46 if title else 14
    width = max(wide * columns + 14, 9.2 * len(title) + 32, 300)
    scene = Scene(width, top + tall * ceil(heads / columns) + 40)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    corners = [(wide * (k % columns), top + tall * (k // columns)) for k in range(heads)]
    return scene, corners


def add_name(scene: Scene, name: str, x: float, y: float) -> float:
    """The name of a head over its squares; gives back the height that it takes."""
    scene.add(Text(x, y + 14, name, 13, weight="600"))
    return 22


def draw_head(scene: Scene, rows: Rows, marks: list[str], x, y, side, causal: bool) -> None:
    """The squares of one head, with the upper left corner of the first at (x, y)."""
    T, every = len(rows), 1 if side >= 12 else 4
    scene.add(Text(x, y - 22, "is asked →", 11, MUTED))
    scene.add(Text(x - 8, y - 8, "asks ↓", 11, MUTED, "end"))
    for i in range(0, T, every):
        middle = side * (i + 0.5)
        size = min(12.0, 1.6 * side * every / len(marks[i]))  # small enough for its column
        mark = marks[i] if size >= 9 else marks[i][:1]
        scene.add(Text(x + middle, y - 6, mark, max(size, 9), INK, "middle", mono=True))
        scene.add(Text(x - 8, y + middle + 4, marks[i], 12, INK, "end", mono=True))
    scene.add(Rect(x, y, side * T, side * T, PAPER if causal else WHITE, LINE))
    for i, row in enumerate(rows):
        for j, weight in enumerate(row[: i + 1] if causal else row):
            fill = blend(WHITE, INK, weight)
            scene.add(Rect(x + side * j, y + side * i, side, side, fill, FAINT))
            if side >= 24 and weight >= 0.005:
                number = "1" if weight > 0.995 else f"{weight:.2f}"[1:]
                middle = (x + side * (j + 0.5), y + side * (i + 0.5) + 4)
                scene.add(Text(*middle, number, 11, ink_on(fill), "middle"))


def legend(scene: Scene, y: float, note: str) -> None:
    scene.add(Text(16, y + 11, "weight 0", 11, MUTED))
    for k in range(6):
        scene.add(Rect(68 + 14 * k, y, 14, 14, blend(WHITE, INK, k / 5), FAINT))
    scene.add(Text(158, y + 11, "1", 11, MUTED))
    scene.add(Text(180, y + 11, f"each row sums to 1{'; ' + note if note else ''}", 11, MUTED))
