"""What a classifier with two inputs predicts at every place of a plane, and the labelled points.

The colour of a place is the sign of the score: orange below 0, blue above, white at 0. The two
classes are also told apart by shape, a circle and a square, so the picture works without colour.
"""

from collections.abc import Callable, Sequence
from math import isfinite, tanh
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_number
from viz.canvas.bitmap import to_png
from viz.canvas.pages import MARGIN, NARROW, heading_scene
from viz.canvas.palette import INK, MUTED, NEGATIVE, PAPER, POSITIVE, WHITE, blend
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Image, Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CELLS, SIZE, LEFT = 40, 360, 40  # cells on a side, pixels of the square
MAX_POINTS = 2_000
LEVELS, MAX_SHADE = 10, 0.75
SHADES = [blend(WHITE, POSITIVE, MAX_SHADE * k / LEVELS) for k in range(LEVELS + 1)]
SHADES += [blend(WHITE, NEGATIVE, MAX_SHADE * k / LEVELS) for k in range(1, LEVELS + 1)]

Point = tuple[float, float]


def draw_decision_boundary(
    score: Callable[[float, float], float],
    points: Sequence[Point],
    labels: Sequence[int],
    *,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the score of a classifier over a plane, with the points that it should classify.

    A point is right if its score has the sign of its label. A wrong point has a thick black edge.

    Args:
        score: Function of two numbers, such as a small network; above 0 means label 1.
        points: N places, at most 2,000.
        labels: N labels, each 1 or -1.
        title: Title of the picture.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with `correct` and the scores of the points in `.data`; or `ax`, if given.

    Raises:
        ValueError: If there are no points, if labels are missing or others than 1 and -1, or if a
            score is not finite.

    Example:
        >>> draw_decision_boundary(lambda x, y: x - y, [(1, 0), (0, 1), (0, 2)], [1, -1, 1])
        Picture: a score over a plane; 2 of 3 points are on the right side.
    """
    if not 1 <= len(points) <= MAX_POINTS or len(points) != len(labels):
        raise ValueError(
            f"{len(points)} points and {len(labels)} labels: give 1 to {MAX_POINTS:,} points, and "
            f"one label for each."
        )
    if not set(labels) <= {1, -1}:
        other = next(label for label in labels if label not in (1, -1))
        raise ValueError(f"A label is {other!r}; a label is 1 or -1.")
    scores = [finite_score(score, x, y) for x, y in points]
    correct = sum(s * label > 0 for s, label in zip(scores, labels))
    reach = 1.15 * max(max(abs(x), abs(y)) for x, y in points) or 1.0
    centers = [reach * (2 * (k + 0.5) / CELLS - 1) for k in range(CELLS)]
    rows = [bytes(shade(finite_score(score, x, -y)) for x in centers) for y in centers]
    png = to_png(rows, SHADES)

    def draw(width: float, left: float) -> Scene:
        scene, size = heading_scene(title, width, 34), width - 2 * left
        y, top, on_a_phone = scene.height + 6, scene.height + 32, width <= NARROW
        scene.add(Circle(left + 6, y + 5, 5, NEGATIVE, INK), Text(left + 16, y + 9, "label -1", 12))
        scene.add(Rect(left + 90, y, 10, 10, POSITIVE, INK), Text(left + 106, y + 9, "label 1", 12))
        place = (left, y + 27) if on_a_phone else (left + 176, y + 9)
        scene.add(Text(*place, f"{correct} of {len(points)} on the right side", 12, MUTED))
        top += 10 if on_a_phone else 0
        scene.add(Image(left, top, size, size, png))
        for (x, y), label, s in zip(points, labels, scores):
            across, down = left + size * (x / reach + 1) / 2, top + size * (1 - y / reach) / 2
            edge, colour = (1, PAPER) if s * label > 0 else (3, INK)
            if label > 0:
                scene.add(Rect(across - 5, down - 5, 10, 10, POSITIVE, colour, edge))
            else:
                scene.add(Circle(across, down, 5, NEGATIVE, colour, edge))
        ends = f"both axes from {-reach:.2g} to {reach:.2g}"
        scene.add(Text(left, top + size + 20, ends, 11, MUTED))
        scene.height = top + size + 34
        return scene

    alt = f"a score over a plane; {correct} of {len(points)} points are on the right side"
    data = {"correct": correct, "scores": scores, "labels": list(labels)}
    picture = Picture(
        data,
        f"{title}: {alt}." if title else f"{alt}.",
        draw(SIZE + 2 * LEFT, LEFT),
        narrow=draw(NARROW, MARGIN),
    )
    return picture.draw_on(ax) if ax is not None else picture


def finite_score(score: Callable[[float, float], float], x: float, y: float) -> float:
    """Raises: ValueError if the score is not a finite number."""
    number = to_number(score(x, y), f"score({x:.3g}, {y:.3g})")
    if not isfinite(number):
        raise ValueError(f"The score at ({x:.3g}, {y:.3g}) is {number}; it must be finite.")
    return number


def shade(score: float) -> int:
    """The index of the colour of a score: 0 is white, then the colours above 0 and below."""
    strength = round(LEVELS * abs(tanh(score)))
    return strength if score > 0 or not strength else LEVELS + strength
