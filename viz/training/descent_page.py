"""What a page without Python needs to be a `DescentPlayer`: the map, and the paths.

Gradient descent on a linear gradient is computed in the page. Of other optimizers it gets the paths
for some of the learning rates, with five digits.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isclose, isfinite
from typing import Any

from viz.canvas.palette import PAPER
from viz.canvas.scene import Scene, format_coordinate, path_data, shape_to_svg
from viz.training.loss_grid import LossGrid, Point, loss_or_inf
from viz.training.surface import PATH_COLOURS, add_ticks, axes_sentence

# First digits of the learning rates for which paths are stored.
STORED = ("1.0", "1.2", "1.5", "2.0", "2.5", "3.0", "4.0", "5.0", "6.0", "8.0")
PROBES = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.7, -0.3), (-1.9, 2.3), (3.1, 0.9), (-4.7, -2.2))
Run = Callable[[float, int], Sequence[Point]]  # learning rate, steps -> the points


def map_svg(grid: LossGrid) -> str:
    """The map without paths: colours, contour lines, ticks."""
    return bands_svg(grid) + contours_svg(grid) + ticks_svg(grid)


def bands_svg(grid: LossGrid) -> str:
    """All places of one colour as one SVG path."""
    pieces: dict[str, list[str]] = {}
    for n in range(grid.strips):
        boxes = grid.strip(n)
        ends = [box.x for box in boxes[1:]] + [grid.left + grid.width - 0.4]
        for box, end in zip(boxes, ends):
            x, y, right, bottom = map(
                format_coordinate, (box.x, box.y, end + 0.4, box.y + box.height)
            )
            pieces.setdefault(box.fill, []).append(f"M{x} {y}H{right}V{bottom}H{x}z")
    return "".join(f'<path fill="{fill}" d="{"".join(d)}"/>' for fill, d in pieces.items())


def contours_svg(grid: LossGrid) -> str:
    """The contour lines of one level as one SVG path."""
    lines: dict[str, list[str]] = {}
    for line in grid.contours():
        lines.setdefault(line.stroke, []).append(path_data(line))
    return "".join(
        f'<path fill="none" stroke="{stroke}" d="{"".join(d)}"/>' for stroke, d in lines.items()
    )


def ticks_svg(grid: LossGrid) -> str:
    """Ticks and a frame."""
    scene = Scene(0, 0)
    add_ticks(scene, grid)
    return "".join(map(shape_to_svg, scene.shapes))


def map_data(grid: LossGrid, names: tuple[str, str]) -> dict[str, Any]:
    """The map, and how numbers become pixels on it."""
    return {
        "map": map_svg(grid),
        "axes": axes_sentence(*names),
        "box": [grid.left, grid.top, grid.width, grid.height],
        "x_range": list(grid.x_range),
        "y_range": list(grid.y_range),
        "low": float(f"{grid.low:.5g}"),
        "high": float(f"{grid.high:.5g}"),
        "colours": list(PATH_COLOURS),
        "paper": PAPER,
    }


def stored_rates(rates: Sequence[float], first: float) -> list[float]:
    """The learning rates for which paths are stored: ten for each power of ten, and the first."""
    return [rate for rate in rates if rate == first or f"{rate:.1e}"[:3] in STORED]


def field_on_page(grid: LossGrid, grad_at: Any, start: Point) -> dict[str, Any] | None:
    """How the page computes gradient descent; None if the loss is not quadratic."""
    gradient, loss = linear_gradient(grad_at), quadratic_loss(grid.loss_at)
    return {"start": start, "gradient": gradient, "loss": loss} if gradient and loss else None


def paths_on_page(
    grid: LossGrid, runs: Mapping[str, Run], rates: Sequence[float], steps: int
) -> dict[str, Any] | None:
    """Each optimizer's path for each rate; None if the first steps depend on how many follow."""
    for run in runs.values():
        if list(run(rates[0], steps // 2)) != list(run(rates[0], steps))[: steps // 2 + 1]:
            return None
    paths = {
        name: [write_path(run(rate, steps), grid) for rate in rates] for name, run in runs.items()
    }
    return {"paths": paths}


def write_path(points: Sequence[Point], grid: LossGrid) -> str:
    """The finite points of a path, and the loss at each."""
    finite = [point for point in points if all(map(isfinite, point))]
    return " ".join(f"{x:.5g} {y:.5g} {loss_or_inf(grid.loss_at, x, y):.4g}" for x, y in finite)


def linear_gradient(grad_at: Callable[[float, float], Sequence[float]]) -> list[list[float]] | None:
    """[a, b, c] for each part of a gradient that is a + b x + c y; None for another gradient."""
    try:
        (a, b), across, up = (tuple(map(float, grad_at(*probe))) for probe in PROBES[:3])
        rows = [[a, across[0] - a, up[0] - a], [b, across[1] - b, up[1] - b]]
        same = all(
            isclose(part, a + b * x + c * y, rel_tol=1e-12, abs_tol=1e-12)
            for x, y in PROBES
            for (a, b, c), part in zip(rows, map(float, grad_at(x, y)))
        )
    except (ArithmeticError, TypeError, ValueError):
        return None
    return rows if same else None


def quadratic_loss(loss_at: Callable[[float, float], float]) -> list[float] | None:
    """a to f of a loss a + b x + c y + d x² + e x y + f y²; None for another loss."""
    try:
        a, right, left, up, down, corner = (
            float(loss_at(x, y)) for x, y in ((0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1))
        )
        b, c = (right - left) / 2, (up - down) / 2
        d, f = (right + left) / 2 - a, (up + down) / 2 - a
        e = corner - a - b - c - d - f
        same = all(
            isclose(
                float(loss_at(x, y)),
                a + b * x + c * y + d * x * x + e * x * y + f * y * y,
                rel_tol=1e-12,
                abs_tol=1e-12,
            )
            for x, y in PROBES
        )
    except (ArithmeticError, TypeError, ValueError):
        return None
    return [a, b, c, d, e, f] if same else None
