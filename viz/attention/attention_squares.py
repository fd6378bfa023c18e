"""Attention of a few heads as triangles of squares, or as lines from query to key.

Many heads are drawn in `viz/attention/attention_mosaic.py`.
"""

from math import ceil

from viz.canvas.labels import title_width, visible_token
from viz.canvas.pages import NARROW, phone_title_scene, words_scene
from viz.canvas.palette import BLUE, FAINT, INK, LINE, MASKED, MUTED, WHITE, blend, ink_on
from viz.canvas.scene import Line, Rect, Scene, Text, translate

MAX_TOKENS = 64
MAX_HEADS = 16
MAX_SQUARES = 8192  # over all heads; more make a notebook too large
MAX_WIDTH = 820  # pixels; JupyterLab shows 828 beside its list of files
MIN_LINE_WEIGHT = 0.02
LINE_ROW, LINE_WIDTH = 20, 150
MONO_WIDTH = 0.61  # of a letter, as a share of its size
MIN_NAME_SIZE, MIN_PHONE_NAME = 9, 10.2  # of the letters of a token's name
HATCH = 7  # pixels from one line on masked squares to the next

Rows = list[list[float]]
HeadCorner = tuple[float, float, float]  # x and y of a head's first square, and its side


def fits_as_squares(heads: int, T: int) -> bool:
    """Whether so many heads can be drawn square by square."""
    return T <= MAX_TOKENS and heads <= MAX_HEADS and heads * T * T <= MAX_SQUARES


def draw_squares(
    heads: dict[str, Rows],
    labels: list[str],
    title: str,
    causal: bool,
    note: str,
    side: float | None = None,
) -> tuple[Scene, list[HeadCorner]]:
    """One triangle for each head; also where each of them is in the scene.

    `side` is that of a square, in pixels; None for one that suits the number of tokens.
    """
    T, several = len(labels), len(heads) > 1
    if side is None:
        usual = next(s for n, s in ((8, 32), (16, 24), (32, 14), (MAX_TOKENS, 9)) if n >= T)
        side = usual if several else round(usual * 1.25)
    names = [visible_token(label, 6) for label in labels]
    left = max(14 + 7.5 * max(map(len, names)) + 10, 58)
    top = names_height(names, side) + 16
    width, height = left + side * T + 22, side * T + top + (44 if several else 22)
    scene, panels = head_grid(len(heads), width, height, title)
    corners: list[HeadCorner] = []
    for (name, rows), (x, y) in zip(heads.items(), panels):
        y += add_name(scene, name, x + left, y) if several else 0
        corners.append((x + left, y + top, side))
        draw_head(scene, rows, names, x + left, y + top, side, causal)
    add_legend(scene, scene.height - 28, note, causal)
    return scene, corners


def draw_phone_squares(
    heads: dict[str, Rows], labels: list[str], title: str, causal: bool, note: str
) -> tuple[Scene, list[HeadCorner]]:
    """The heads below each other, as large as a phone has room for; and where each is."""
    T, names = len(labels), [visible_token(label, 6) for label in labels]
    left = max(14 + 7.5 * max(map(len, names)) + 10, 58)
    side = min(32.0, (NARROW - left - 14) / T)
    top = names_height(names, side, MIN_PHONE_NAME) + 16
    scene, corners = phone_title_scene(title), list[HeadCorner]()
    for name, rows in heads.items():
        y = scene.height + (add_name(scene, name, 16, scene.height) if len(heads) > 1 else 0) + top
        corners.append((left, y, side))
        draw_head(scene, rows, names, left, y, side, causal, MIN_PHONE_NAME)
        scene.height = y + side * T + 20
    add_legend(scene, scene.height, note, causal)
    return scene, corners


def draw_lines(heads: dict[str, Rows], labels: list[str], title: str, note: str) -> Scene:
    """One fan of lines for each head, the thicker the larger the weight."""
    names = [visible_token(label, 8) for label in labels]
    left = max(14 + 7.5 * max(map(len, names)) + 10, 58)
    row = LINE_ROW if len(labels) <= 32 else 11
    height = row * len(labels) + (78 if len(heads) > 1 else 56)
    scene, panels = head_grid(len(heads), 2 * left + LINE_WIDTH, height, title)
    for (name, rows), (x, y) in zip(heads.items(), panels):
        y += add_name(scene, name, x + left, y) if len(heads) > 1 else 0
        x, y = x + left, y + 34
        right = x + LINE_WIDTH
        scene.add(Text(x - 8, y - 8, "query", 11, MUTED, "end"))
        scene.add(Text(right + 8, y - 8, "key", 11, MUTED))
        for i, weights in enumerate(rows):
            scene.add(Text(x - 8, y + row * (i + 0.5) + 4, names[i], 12, INK, "end", mono=True))
            scene.add(Text(right + 8, y + row * (i + 0.5) + 4, names[i], 12, mono=True))
            for j, weight in enumerate(weights):
                if weight >= MIN_LINE_WEIGHT:
                    ends = (x, y + row * (i + 0.5)), (right, y + row * (j + 0.5))
                    scene.add(Line(ends, BLUE, 0.5 + 4 * weight, opacity=max(weight, 0.15)))
    scene.add(Text(16, scene.height - 17, caption_of_lines(note), 11, MUTED))
    return scene


def draw_phone_lines(heads: dict[str, Rows], labels: list[str], title: str, note: str) -> Scene:
    """The fans of lines below each other."""
    scene = phone_title_scene(title)
    for name, rows in heads.items():
        one = draw_lines({name: rows}, labels, "", "")
        shift = (NARROW - one.width) / 2
        scene.height += add_name(scene, name, 16, scene.height) if len(heads) > 1 else 0
        # Without its own caption, the last shape.
        shapes = (translate(shape, shift, scene.height) for shape in one.shapes[:-1])
        scene.add(*shapes)
        scene.height += one.height - 36
    words = words_scene(caption_of_lines(note), NARROW)
    scene.add(*(translate(shape, dy=scene.height) for shape in words.shapes))
    scene.height += words.height
    return scene


def caption_of_lines(note: str) -> str:
    """What the thickness of a line means."""
    text = f"the thicker a line, the larger the weight; none for weights below {MIN_LINE_WEIGHT}"
    return f"{text}{'; ' + note if note else ''}"


def head_grid(
    heads: int, width: float, height: float, title: str
) -> tuple[Scene, list[tuple[float, float]]]:
    """A scene with room for so many heads, and the upper left corner of each."""
    columns = min(heads, max(1, int(MAX_WIDTH / width)), 4)
    if heads == 4 and columns == 3:
        columns = 2
    top = 46 if title else 14
    total = max(width * columns + 14, title_width(title), 300)
    scene = Scene(total, top + height * ceil(heads / columns) + 40)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    return scene, [(width * (k % columns), top + height * (k // columns)) for k in range(heads)]


def add_name(scene: Scene, name: str, x: float, y: float) -> float:
    """The name of a head above its squares; returns the height that it takes."""
    scene.add(Text(x, y + 14, name, 13, weight="600"))
    return 22


def names_height(names: list[str], side: float, least: float = MIN_NAME_SIZE) -> float:
    """Pixels that the names of the columns need above the squares."""
    widest = max(name_width(name, side, least) for name in names)
    return 20 if widest <= side else widest + 8


def name_width(name: str, side: float, least: float = MIN_NAME_SIZE) -> float:
    """Width of a name in pixels; one that is wider than its column is written upright."""
    return MONO_WIDTH * name_size(side, least) * len(name)


def name_size(side: float, least: float = MIN_NAME_SIZE) -> float:
    """Size of the letters of a name, such that every row and every column has room for its own."""
    return max(least, min(12.0, side - 1))


def draw_head(
    scene: Scene,
    rows: Rows,
    names: list[str],
    x: float,
    y: float,
    side: float,
    causal: bool,
    least: float = MIN_NAME_SIZE,
) -> None:
    """The squares of one head, with names; the upper left corner of the first is (x, y).

    Where letters of the size `least` are larger than a square, one name of every few is written.
    """
    T, size = len(rows), name_size(side, least)
    upright = any(name_width(name, side, least) > side for name in names)
    scene.add(Text(x, y - names_height(names, side, least) - 2, "key →", 11, MUTED))
    scene.add(Text(x - 8, y - 8, "query ↓", 11, MUTED, "end"))
    for i, name in enumerate(names):
        if i % ceil((size - 1) / side):
            continue
        middle = side * (i + 0.5)
        if upright and len(name) > 1:
            scene.add(Text(x + middle + 0.35 * size, y - 5, name, size, mono=True, upright=True))
        else:
            scene.add(Text(x + middle, y - 6, name, size, INK, "middle", mono=True))
        scene.add(Text(x - 8, y + middle + 0.35 * size, name, size, INK, "end", mono=True))
    scene.add(Rect(x, y, side * T, side * T, MASKED if causal else WHITE, LINE))
    if causal:
        scene.add(*hatching(x, y, side, T))
    for i, row in enumerate(rows):
        for j, weight in enumerate(row[: i + 1] if causal else row):
            fill = blend(WHITE, INK, weight)
            scene.add(Rect(x + side * j, y + side * i, side, side, fill, FAINT))
            if side >= 24 and weight >= 0.005:
                number = "1" if weight > 0.995 else f"{weight:.2f}"[1:]
                centre = (x + side * (j + 0.5), y + side * (i + 0.5) + 4)
                scene.add(Text(*centre, number, 11, ink_on(fill), "middle"))


def hatching(x: float, y: float, side: float, T: int) -> list[Line]:
    """Oblique lines over the masked squares, those on the right of the diagonal."""
    lines = []
    for along in range(HATCH, int(2 * side * T), HATCH):  # across and down, added up
        square = along // (2 * side)  # of the diagonal, at which the line begins
        start = min(along - square * side, (square + 1) * side)
        end = min(along, side * T)
        if end - start > 1:
            ends = (x + start, y + along - start), (x + end, y + along - end)
            lines.append(Line(ends, LINE))
    return lines


def add_legend(scene: Scene, y: float, note: str, causal: bool) -> None:
    """Which colour is which weight."""
    scene.add(Text(16, y + 11, "weight 0", 11, MUTED))
    for k in range(6):
        scene.add(Rect(68 + 14 * k, y, 14, 14, blend(WHITE, INK, k / 5), FAINT))
    scene.add(Text(158, y + 11, "1", 11, MUTED))
    text, x = f"each row sums to 1{'; ' + note if note else ''}", 180.0
    if scene.width <= NARROW:  # the words in lines of their own
        words = words_scene(f"masked: hatched; {text}" if causal else text, NARROW)
        scene.add(*(translate(shape, dy=y + 18) for shape in words.shapes))
        scene.height = y + 18 + words.height
        return
    if causal:
        scene.add(Rect(x, y, 14, 14, MASKED, LINE), Line(((x, y + 14), (x + 14, y)), LINE))
        text, x = f"masked; {text}", x + 20
    scene.add(Text(x, y + 11, text, 11, MUTED))
    scene.width = max(scene.width, x + 6 * len(text) + 12)
