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
STRIP_HEIGHT = 5  # pixels, the height of a strip of one colour
LEVELS = 10  # heights at which a line is drawn
MAX_SHADE = 0.5  # of the colour: what lies on top must be seen

Interval = tuple[float, float]
Point = tuple[float, float]


class LossGrid:
    """Heights on a grid, and where they lie on the sheet. Units: pixels, y of the sheet downwards.

    `loss_at` is a function of two numbers, or a grid of heights, rows from the lowest y upwards.
    """

    def __init__(self, loss_at, x_range: Interval, y_range: Interval, box: tuple[float, ...]):
        self.x_range, self.y_range = check_range(x_range, "x"), check_range(y_range, "y")
        self.left, self.top, self.width, self.height = box
        self.strips = max(1, round(self.height / STRIP_HEIGHT))
        self.loss_at = loss_at if callable(loss_at) else bilinear(loss_at, x_range, y_range)
        self.xs, self.ys = linspace(*self.x_range, COLUMNS), linspace(*self.y_range, ROWS)
        self.losses = [[loss_or_inf(self.loss_at, x, y) for x in self.xs] for y in self.ys]
        finite = [h for row in self.losses for h in row if isfinite(h)]
        if not finite:
            raise ValueError("The loss is not finite anywhere on this map: choose other ranges.")
        self.low, self.high = min(finite), max(finite)
        # Squares: in a bowl such lines lie at equal distances.
        self.levels = [
            self.low + (self.high - self.low) * (k / LEVELS) ** 2 for k in range(1, LEVELS)
        ]

    def to_pixels(self, x: float, y: float) -> Point:
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        fraction, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return self.left + self.width * fraction, self.top + self.height * (1 - up)

    def contains(self, x: float, y: float) -> bool:
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        return x0 <= x <= x1 and y0 <= y <= y1

    def shapes(self) -> list[Rect | Line]:
        """Strips of colour, and the lines of equal height above them."""
        strips = [box for n in range(self.strips) for box in self.strip(n)]
        lines = [
            Line((self.to_pixels(*start), self.to_pixels(*end)), self.colour(k + 1.6), 1)
            for k, level in enumerate(self.levels)
            for start, end in self.contour(level)
        ]
        return strips + join_segments(lines)

    def colour(self, k: float) -> str:
        return blend(WHITE, BLUE, MAX_SHADE * k / LEVELS)

    def strip(self, n: int) -> list[Rect]:
        """One thin row of colours. Each box reaches to the right edge; the next lies on top."""
        strip_height = self.height / self.strips
        up = (1 - (n + 0.5) / self.strips) * (ROWS - 1)
        j = min(int(up), ROWS - 2)
        row = [lerp(a, b, up - j) for a, b in zip(self.losses[j], self.losses[j + 1])]
        y, boxes, last = self.top + n * strip_height, [], -1
        for fraction, band in self.bands(row):
            if band != last:
                x = self.left + self.width * fraction
                box_width = self.left + self.width - x
                box_height = min(strip_height + 0.5, self.top + self.height - y)
                boxes.append(Rect(x, y, box_width, box_height, self.colour(band)))
                last = band
        return boxes

    def bands(self, row: list[float]) -> list[tuple[float, int]]:
        """Where along a row which band begins. Units: from 0, left, to 1, right."""
        found = [(0.0, bisect(self.levels, row[0]))]
        for i, (start_loss, end_loss) in enumerate(zip(row, row[1:])):
            before, after = bisect(self.levels, start_loss), bisect(self.levels, end_loss)
            direction = 1 if after > before else -1
            for band in range(before, after, direction):
                level = self.levels[band if direction > 0 else band - 1]
                fraction = crossing_fraction(start_loss, end_loss, level)
                found.append(((i + fraction) / (len(row) - 1), band + direction))
        return found

    def contour(self, level: float) -> list[tuple[Point, Point]]:
        """Short pieces of the line where the landscape has this height."""
        return [
            segment
            for j in range(ROWS - 1)
            for i in range(COLUMNS - 1)
            for segment in self.contour_in_square(i, j, level)
        ]

    def contour_in_square(self, i: int, j: int, level: float) -> list[tuple[Point, Point]]:
        """The pieces inside one square of the grid: where the line enters, where it leaves."""
        corners = [(i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)]
        losses = [self.losses[row][column] for column, row in corners]
        if min(losses) >= level or max(losses) < level:
            return []
        crossings = []
        for n in range(4):
            (i0, j0), (i1, j1) = corners[n], corners[(n + 1) % 4]
            start_loss, end_loss = losses[n], losses[(n + 1) % 4]
            if (start_loss < level) != (end_loss < level):
                fraction = crossing_fraction(start_loss, end_loss, level)
                x, y = (
                    lerp(self.xs[i0], self.xs[i1], fraction),
                    lerp(self.ys[j0], self.ys[j1], fraction),
                )
                crossings.append((x, y))
        return list(zip(crossings[::2], crossings[1::2]))


def join_segments(segments: list[Line]) -> list[Line]:
    """Pieces that touch, as one line: the same drawing in a tenth of the letters."""
    out: list[Line] = []
    for colour in dict.fromkeys(segment.stroke for segment in segments):
        ends: dict[Point, list[int]] = {}
        own = [tuple(map(rounded, p.points)) for p in segments if p.stroke == colour]
        for n, points in enumerate(own):
            for point in points:
                ends.setdefault(point, []).append(n)
        used: set[int] = set()
        for n in range(len(own)):
            if n not in used:
                used.add(n)
                tail = follow_segments(own[n][1], own, ends, used)
                head = follow_segments(own[n][0], own, ends, used)
                out.append(Line((*reversed(head), *own[n], *tail), colour, 1))
    return out


def follow_segments(
    end: Point, segments: list, ends: dict[Point, list[int]], used: set[int]
) -> list[Point]:
    """The points that come after `end` along pieces that nobody has used."""
    direction: list[Point] = []
    while True:
        n = next((n for n in ends[end] if n not in used), None)
        if n is None:
            return direction
        used.add(n)
        end = segments[n][1] if segments[n][0] == end else segments[n][0]
        direction.append(end)


def rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)


def loss_or_inf(loss_at: Callable[[float, float], float], x: float, y: float) -> float:
    """The loss as a float; what is larger than any float is infinite."""
    try:
        loss = float(loss_at(x, y))
    except OverflowError:
        return inf
    return loss if loss == loss else inf


def bilinear(grid, x_range: Interval, y_range: Interval) -> Callable[[float, float], float]:
    """A grid of heights as a function: between its places it is mixed from the four around."""
    listed = grid.tolist() if hasattr(grid, "tolist") else grid
    rows = [to_numbers(row, f"row {j} of the grid", finite=False) for j, row in enumerate(listed)]
    if len(rows) < 2 or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
        raise ValueError(
            "A grid of losses must have at least 2 rows of at least 2 numbers, all equally long."
        )

    def loss_at(x: float, y: float) -> float:
        i, fraction = locate(x, x_range, len(rows[0]))
        j, up = locate(y, y_range, len(rows))
        lower = lerp(rows[j][i], rows[j][i + 1], fraction)
        return lerp(lower, lerp(rows[j + 1][i], rows[j + 1][i + 1], fraction), up)

    return loss_at


def locate(x: float, x_range: Interval, count: int) -> tuple[int, float]:
    """Between which two of `many` places a number lies, and how far along."""
    fraction = (x - x_range[0]) / (x_range[1] - x_range[0]) * (count - 1)
    i = min(max(int(fraction), 0), count - 2)
    return i, min(max(fraction - i, 0.0), 1.0)


def linspace(low: float, high: float, count: int) -> list[float]:
    return [lerp(low, high, n / (count - 1)) for n in range(count)]


def lerp(a: float, b: float, fraction: float) -> float:
    return a + (b - a) * fraction if fraction else a


def crossing_fraction(start_loss: float, end_loss: float, level: float) -> float:
    """How far along from one height to the next a level lies, from 0 to 1."""
    return (
        (level - start_loss) / (end_loss - start_loss) if isfinite(end_loss - start_loss) else 0.5
    )


def check_range(given: Sequence[float], name: str) -> Interval:
    low, high = map(float, given)
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(
            f"{name}_range={given!r} must be two numbers, the smaller first, such as (-3, 3)."
        )
    return low, high
