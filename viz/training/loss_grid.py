"""A loss over two weights as a map: darker where it is higher, with contour lines.

Source: contour lines by marching squares, after Lorensen and Cline 1987.
"""

from bisect import bisect
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import replace
from math import dist, inf, isfinite
from typing import TYPE_CHECKING, TypeAlias

from viz.canvas.arrays import to_number, to_numbers
from viz.canvas.palette import BLUE, WHITE, blend
from viz.canvas.scene import Line, Rect

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

COLUMNS, ROWS = 60, 40  # points at which the loss is computed
STRIP_HEIGHT, SMALL_STRIP_HEIGHT = 5, 7  # pixels of a strip with one colour
POINT_DISTANCE = 5  # pixels between two points of a contour line on a small map
LEVELS = 10  # one more than the number of contour lines
MAX_SHADE = 0.5  # opacity of the darkest colour, so that paths on top of it can be seen

Interval = tuple[float, float]
Point = tuple[float, float]
LossFunction = Callable[[float, float], float]
LossLike: TypeAlias = "LossFunction | ArrayLike"


class LossGrid:
    """Losses on a grid, and the place of the grid on the picture.

    Args:
        loss_at: Function of two weights, or an array of losses whose first row has the lowest y,
            shape (rows, columns).
        x_range: Ends of the x axis.
        y_range: Ends of the y axis.
        box: Left, top, width and height of the map in pixels.

    Attributes:
        losses: Losses at `COLUMNS` x `ROWS` points, rows from the lowest y upwards.
        low: The lowest finite loss.
        high: The highest finite loss.
        levels: The losses of the contour lines.

    Raises:
        ValueError: If a range is empty, or if no loss is finite.
    """

    def __init__(
        self,
        loss_at: LossLike,
        x_range: Interval,
        y_range: Interval,
        box: tuple[float, float, float, float],
    ):
        self.x_range, self.y_range = check_range(x_range, "x"), check_range(y_range, "y")
        self.left, self.top, self.width, self.height = box
        self.strips = max(1, round(self.height / STRIP_HEIGHT))
        self.backgrounds: dict[tuple[float, float, float, float], list[Rect | Line]] = {}
        self.loss_at = loss_at if callable(loss_at) else bilinear(loss_at, x_range, y_range)
        self.xs, self.ys = linspace(*self.x_range, COLUMNS), linspace(*self.y_range, ROWS)
        self.losses = [[loss_or_inf(self.loss_at, x, y) for x in self.xs] for y in self.ys]
        finite = [loss for row in self.losses for loss in row if isfinite(loss)]
        if not finite:
            raise ValueError("The loss is not finite anywhere on this map: choose other ranges.")
        self.low, self.high = min(finite), max(finite)
        # Squares: the contour lines of a quadratic bowl then have equal distances.
        self.levels = [
            self.low + (self.high - self.low) * (k / LEVELS) ** 2 for k in range(1, LEVELS)
        ]

    def resized(self, box: tuple[float, float, float, float]) -> "LossGrid":
        """The same losses on a smaller map, with fewer strips.

        Args:
            box: Left, top, width and height of the map in pixels.
        """
        other = copy(self)
        other.left, other.top, other.width, other.height = box
        other.strips = max(1, round(other.height / SMALL_STRIP_HEIGHT))
        return other

    def background_at(self, box: tuple[float, float, float, float]) -> list[Rect | Line]:
        """The shapes of a small map at this place, with few points; computed once."""
        if box not in self.backgrounds:
            shapes = self.resized(box).shapes()
            self.backgrounds[box] = [thinned(s) if isinstance(s, Line) else s for s in shapes]
        return self.backgrounds[box]

    def to_pixels(self, x: float, y: float) -> Point:
        """The place of a point on the picture, y downwards."""
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        fraction, up = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
        return self.left + self.width * fraction, self.top + self.height * (1 - up)

    def contains(self, x: float, y: float) -> bool:
        """Whether a point is on the map."""
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        return x0 <= x <= x1 and y0 <= y <= y1

    def shapes(self) -> list[Rect | Line]:
        """Strips of colour, and the contour lines on top."""
        return [*(box for n in range(self.strips) for box in self.strip(n)), *self.contours()]

    def contours(self) -> list[Line]:
        """The contour lines."""
        segments = [
            Line((self.to_pixels(*start), self.to_pixels(*end)), self.colour(k + 1.6), 1)
            for k, level in enumerate(self.levels)
            for start, end in self.contour(level)
        ]
        return join_segments(segments)

    def colour(self, k: float) -> str:
        """The colour between contour lines k - 1 and k."""
        return blend(WHITE, BLUE, MAX_SHADE * k / LEVELS)

    def strip(self, n: int) -> list[Rect]:
        """One row of colours. Each rectangle reaches to the right edge; the next covers it."""
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
        """Where along a row (0 is left, 1 is right) the colour changes, and to which."""
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
        """Short segments of the line on which the loss has this value."""
        return [
            segment
            for j in range(ROWS - 1)
            for i in range(COLUMNS - 1)
            for segment in self.contour_in_square(i, j, level)
        ]

    def contour_in_square(self, i: int, j: int, level: float) -> list[tuple[Point, Point]]:
        """The segments in one square of the grid: where the line enters and leaves it."""
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
                x = lerp(self.xs[i0], self.xs[i1], fraction)
                crossings.append((x, lerp(self.ys[j0], self.ys[j1], fraction)))
        return list(zip(crossings[::2], crossings[1::2]))


def join_segments(segments: list[Line]) -> list[Line]:
    """Join segments that touch into lines: the SVG becomes ten times shorter."""
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


def thinned(line: Line) -> Line:
    """The line without points that are near the one before; the last point stays."""
    first, *rest, last = line.points
    kept = [first]
    for point in rest:
        if dist(point, kept[-1]) >= POINT_DISTANCE:
            kept.append(point)
    return replace(line, points=(*kept, last))


def follow_segments(
    end: Point, segments: list[tuple[Point, ...]], ends: dict[Point, list[int]], used: set[int]
) -> list[Point]:
    """The points after `end` along segments that are not used yet; marks them as used."""
    points: list[Point] = []
    while True:
        n = next((n for n in ends[end] if n not in used), None)
        if n is None:
            return points
        used.add(n)
        end = segments[n][1] if segments[n][0] == end else segments[n][0]
        points.append(end)


def rounded(point: Point) -> Point:
    """A point with one decimal."""
    return round(point[0], 1), round(point[1], 1)


def loss_or_inf(loss_at: LossFunction, x: float, y: float) -> float:
    """The loss as a float; infinity after an overflow and instead of NaN."""
    try:
        loss = to_number(loss_at(x, y), f"loss_at({x:.3g}, {y:.3g})")
    except OverflowError:
        return inf
    return loss if loss == loss else inf


def bilinear(grid: "ArrayLike", x_range: Interval, y_range: Interval) -> LossFunction:
    """Bilinear interpolation of a grid of losses. Raises: ValueError if it is not a grid."""
    listed = grid.tolist() if hasattr(grid, "tolist") else grid
    if not isinstance(listed, Sequence) or isinstance(listed, (str, bytes)):
        raise ValueError(
            f"loss_at must be a function of two numbers or a grid of losses, not {grid!r:.60}."
        )
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
    """The interval of `count` grid points that contains x, and the fraction of it below x."""
    fraction = (x - x_range[0]) / (x_range[1] - x_range[0]) * (count - 1)
    i = min(max(int(fraction), 0), count - 2)
    return i, min(max(fraction - i, 0.0), 1.0)


def linspace(low: float, high: float, count: int) -> list[float]:
    """`count` evenly spaced numbers from low to high."""
    return [lerp(low, high, n / (count - 1)) for n in range(count)]


def lerp(a: float, b: float, fraction: float) -> float:
    """Linear interpolation from a to b. With fraction 0 an infinite b does not matter."""
    return a + (b - a) * fraction if fraction else a


def crossing_fraction(start_loss: float, end_loss: float, level: float) -> float:
    """Where a level is between two losses: 0 at the first, 1 at the second."""
    difference = end_loss - start_loss
    return (level - start_loss) / difference if isfinite(difference) else 0.5


def check_range(given: Interval, name: str) -> Interval:
    """Raises: ValueError unless there are two finite numbers, the smaller first."""
    try:
        low, high = map(float, given)
    except (TypeError, ValueError):
        low = high = inf
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(
            f"{name}_range={given!r} must be two numbers, the smaller first, such as (-3, 3)."
        )
    return low, high
