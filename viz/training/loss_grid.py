"""A loss over two weights as a map: the darker the higher, with a line along equal heights.

Left out on purpose: more than two weights. A model has thousands; a map shows what happens along
two of them while all others stand still.
Source: the lines of equal height are found by "marching squares" (after Lorensen and Cline 1987).
"""

from bisect import bisect
from collections.abc import Callable, Sequence
from math import inf, isfinite

from viz.canvas.arrays import to_numbers
from viz.canvas.palette import BLUE, WHITE, blend
from viz.canvas.scene import Line, Rect

COLUMNS, ROWS = 60, 40  # places at which the loss is asked for
STRIP = 5  # pixels, the height of a strip of one colour
LEVELS = 10  # heights at which a line is drawn
DARKEST = 0.5  # of the colour: what lies on top must be seen

Range = tuple[float, float]
Point = tuple[float, float]


class Landscape:
    """Heights on a grid, and where they lie on the sheet. Units: pixels, y of the sheet downwards.

    `loss_at` is a function of two numbers, or a grid of heights, rows from the lowest y upwards.
    """

    def __init__(self, loss_at, x_range: Range, y_range: Range, box: tuple[float, ...]):
        self.x_range, self.y_range = check_range(x_range, "x"), check_range(y_range, "y")
        self.left, self.top, self.wide, self.tall = box
        self.strips = max(1, round(self.tall / STRIP))
        self.loss_at = loss_at if callable(loss_at) else between(loss_at, x_range, y_range)
        self.xs, self.ys = spread(*self.x_range, COLUMNS), spread(*self.y_range, ROWS)
        self.heights = [[height(self.loss_at, x, y) for x in self.xs] for y in self.ys]
        known = [h for row in self.heights for h in row if isfinite(h)]
        if not known:
            raise ValueError("The loss is not finite anywhere on this map: choose other ranges.")
        self.low, self.high = min(known), max(known)
        # Squares: in a bowl such lines lie at equal distances.
        self.levels = [
            self.low + (self.high - self.low) * (k / LEVELS) ** 2 for k in range(1, LEVELS)
        ]

    def place(self, x: float, y: float) -> Point:
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        along, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return self.left + self.wide * along, self.top + self.tall * (1 - up)

    def inside(self, x: float, y: float) -> bool:
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        return x0 <= x <= x1 and y0 <= y <= y1

    def shapes(self) -> list[Rect | Line]:
        """Strips of colour, and the lines of equal height above them."""
        strips = [box for n in range(self.strips) for box in self.strip(n)]
        lines = [
            Line((self.place(*start), self.place(*end)), self.colour(k + 1.6), 1)
            for k, level in enumerate(self.levels)
            for start, end in self.contour(level)
        ]
        return strips + joined(lines)

    def colour(self, k: float) -> str:
        return blend(WHITE, BLUE, DARKEST * k / LEVELS)

    def strip(self, n: int) -> list[Rect]:
        """One thin row of colours. Each box reaches to the right edge; the next lies on top."""
        thick = self.tall / self.strips
        up = (1 - (n + 0.5) / self.strips) * (ROWS - 1)
        j = min(int(up), ROWS - 2)
        row = [mix(a, b, up - j) for a, b in zip(self.heights[j], self.heights[j + 1])]
        y, boxes, last = self.top + n * thick, [], -1
        for along, band in self.bands(row):
            if band != last:
                x = self.left + self.wide * along
                rest = self.left + self.wide - x
                tall = min(thick + 0.5, self.top + self.tall - y)
                boxes.append(Rect(x, y, rest, tall, self.colour(band)))
                last = band
        return boxes

    def bands(self, row: list[float]) -> list[tuple[float, int]]:
        """Where along a row which band begins. Units: from 0, left, to 1, right."""
        found = [(0.0, bisect(self.levels, row[0]))]
        for i, (here, then) in enumerate(zip(row, row[1:])):
            before, after = bisect(self.levels, here), bisect(self.levels, then)
            way = 1 if after > before else -1
            for band in range(before, after, way):
                level = self.levels[band if way > 0 else band - 1]
                share = crossing(here, then, level)
                found.append(((i + share) / (len(row) - 1), band + way))
        return found

    def contour(self, level: float) -> list[tuple[Point, Point]]:
        """Short pieces of the line where the landscape has this height."""
        return [
            piece
            for j in range(ROWS - 1)
            for i in range(COLUMNS - 1)
            for piece in self.in_square(i, j, level)
        ]

    def in_square(self, i: int, j: int, level: float) -> list[tuple[Point, Point]]:
        """The pieces inside one square of the grid: where the line enters, where it leaves."""
        corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
        heights = [self.heights[row][column] for column, row in corners]
        if min(heights) >= level or max(heights) < level:
            return []
        cuts = []
        for n in range(4):
            (i0, j0), (i1, j1) = corners[n], corners[(n + 1) % 4]
            here, then = heights[n], heights[(n + 1) % 4]
            if (here < level) != (then < level):
                share = crossing(here, then, level)
                x, y = mix(self.xs[i0], self.xs[i1], share), mix(self.ys[j0], self.ys[j1], share)
                cuts.append((x, y))
        return list(zip(cuts[::2], cuts[1::2]))


def joined(pieces: list[Line]) -> list[Line]:
    """Pieces that touch, as one line: the same drawing in a tenth of the letters."""
    out: list[Line] = []
    for colour in dict.fromkeys(piece.stroke for piece in pieces):
        ends: dict[Point, list[int]] = {}
        own = [tuple(map(rounded, p.points)) for p in pieces if p.stroke == colour]
        for n, points in enumerate(own):
            for point in points:
                ends.setdefault(point, []).append(n)
        used: set[int] = set()
        for n in range(len(own)):
            if n not in used:
                used.add(n)
                tail = follow(own[n][1], own, ends, used)
                head = follow(own[n][0], own, ends, used)
                out.append(Line((*reversed(head), *own[n], *tail), colour, 1))
    return out


def follow(end: Point, pieces: list, ends: dict[Point, list[int]], used: set[int]) -> list[Point]:
    """The points that come after `end` along pieces that nobody has used."""
    way: list[Point] = []
    while True:
        n = next((n for n in ends[end] if n not in used), None)
        if n is None:
            return way
        used.add(n)
        end = pieces[n][1] if pieces[n][0] == end else pieces[n][0]
        way.append(end)


def rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)


def height(loss_at: Callable[[float, float], float], x: float, y: float) -> float:
    """The loss as a float; what is larger than any float is infinite."""
    try:
        loss = float(loss_at(x, y))
    except OverflowError:
        return inf
    return loss if loss == loss else inf


def between(grid, x_range: Range, y_range: Range) -> Callable[[float, float], float]:
    """A grid of heights as a function: between its places it is mixed from the four around."""
    listed = grid.tolist() if hasattr(grid, "tolist") else grid
    rows = [to_numbers(row, f"row {j} of the grid", finite=False) for j, row in enumerate(listed)]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        raise ValueError(
            "A grid of losses must have at least 2 rows of at least 2 numbers, all equally long."
        )

    def loss_at(x: float, y: float) -> float:
        i, along = spot(x, x_range, len(rows[0]))
        j, up = spot(y, y_range, len(rows))
        lower = mix(rows[j][i], rows[j][i + 1], along)
        return mix(lower, mix(rows[j + 1][i], rows[j + 1][i + 1], along), up)

    return loss_at


def spot(x: float, x_range: Range, many: int) -> tuple[int, float]:
    """Between which two of `many` places a number lies, and how far along."""
    share = (x - x_range[0]) / (x_range[1] - x_range[0]) * (many - 1)
    i = min(max(int(share), 0), many - 2)
    return i, min(max(share - i, 0.0), 1.0)


def spread(low: float, high: float, many: int) -> list[float]:
    return [mix(low, high, n / (many - 1)) for n in range(many)]


def mix(a: float, b: float, share: float) -> float:
    return a + (b - a) * share if share else a


def crossing(here: float, then: float, level: float) -> float:
    """How far along from one height to the next a level lies, from 0 to 1."""
    return (level - here) / (then - here) if isfinite(then - here) else 0.5


def check_range(given: Sequence[float], name: str) -> Range:
    low, high = map(float, given)
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(
            f"{name}_range={given!r} must be two numbers, the smaller first, such as (-3, 3)."
        )
    return low, high
