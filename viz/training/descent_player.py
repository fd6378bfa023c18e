"""Gradient descent on a map of the loss, with knobs for the learning rate and number of steps."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from math import inf, isfinite, log
from typing import Any

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.dials.frames import page_knob
from viz.training.descent_page import field_on_page, map_data, paths_on_page, stored_rates
from viz.training.loss_grid import Interval, LossGrid, LossLike, Point, check_range
from viz.training.surface import (
    LEFT,
    MAP_WIDTH,
    draw_surface,
    map_height,
    surface_picture,
    to_point,
)

Gradient = Callable[[float, float], Sequence[float]]  # grad_at(x, y) -> (dx, dy)
Optimizer = Callable[[float, int], Iterable[Point]]  # optimizer(learning_rate, steps) -> points
MIN_RATE, MAX_RATE = 0.001, 1.0  # learning rates at the ends of the slider


class DescentPlayer(Control):
    """Knobs for the learning rate and the number of steps, and the path of the optimizer.

    Give `grad_at` and `start` for gradient descent, or `optimizers`. A path that overflows is
    drawn up to its last finite point.

    Args:
        loss_at: Function of two weights, or an array of losses whose first row has the lowest y,
            shape (rows, columns).
        grad_at: Returns the gradient of the loss at (x, y), two numbers.
        start: The first point.
        x_range: Ends of the x axis.
        y_range: Ends of the y axis.
        optimizers: Optimizers by name, each a function (learning_rate, steps) -> points.
        choice_label: If given, a knob with this label chooses one of the optimizers; without it
            the paths of all of them are drawn.
        learning_rate: Learning rate at the beginning.
        rate_range: Ends of the slider for the learning rate.
        steps: Number of steps at the beginning.
        max_steps: End of the slider for the number of steps.
        title: Title of the map.
        x_name: Name of the first weight.
        y_name: Name of the second weight.

    Raises:
        ValueError: If there is no optimizer, if a range is empty, or if a knob is out of range.

    Example:
        >>> def bowl(x, y):
        ...     return x * x + y * y
        >>> def grad(x, y):
        ...     return 2 * x, 2 * y
        >>> player = DescentPlayer(bowl, grad, (-3, 1), x_range=(-4, 4), y_range=(-2, 2))
        >>> len(player.picture().data["paths"]["descent"])
        21
    """

    def __init__(
        self,
        loss_at: LossLike,
        grad_at: Gradient | None = None,
        start: Point | None = None,
        *,
        x_range: Interval,
        y_range: Interval,
        optimizers: Mapping[str, Optimizer] | None = None,
        choice_label: str = "",
        learning_rate: float = 0.03,
        rate_range: Interval = (MIN_RATE, MAX_RATE),
        steps: int = 20,
        max_steps: int = 60,
        title: str = "",
        x_name: str = "x",
        y_name: str = "y",
    ):
        self.optimizers = dict(optimizers or {"descent": gradient_descent(grad_at, start)})
        self.field = None if optimizers else (grad_at, to_point(start))
        check_knobs(learning_rate, rate_range, steps, max_steps)
        x_range, y_range = check_range(x_range, "x"), check_range(y_range, "y")
        self.title, self.names = title, (x_name, y_name)
        n_paths = 1 if choice_label else len(self.optimizers)
        box = (LEFT, 44 + 18 * n_paths, MAP_WIDTH, map_height(x_range, y_range))
        self.grid = LossGrid(loss_at, x_range, y_range, box)
        self.background = self.grid.shapes()  # drawn once; only the paths change
        layout = Layout(width="460px")
        options = two_digits(*rate_range)
        self.rate = SelectionSlider(
            options=[(f"{rate:g}", rate) for rate in options],
            value=min(options, key=lambda rate: abs(log(rate / learning_rate))),
            description="rate",
            layout=layout,
        )
        self.steps = IntSlider(value=steps, max=max_steps, description="steps", layout=layout)
        knobs = [self.rate, self.steps]
        self.choice = SelectionSlider(
            options=list(self.optimizers),
            description=choice_label,
            layout=layout,
            style={"description_width": "initial"},
        )
        still = draw_surface(
            loss_at,
            self.paths(),
            x_range=x_range,
            y_range=y_range,
            title=self.title_sentence(),
            x_name=x_name,
            y_name=y_name,
        )
        super().__init__([*knobs, self.choice] if choice_label else knobs, still)
        for knob in (*knobs, self.choice):
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        """The map with the paths for the present knobs."""
        paths = self.paths(self.choice.value if self.choice.description else None)
        title = self.title_sentence()
        return surface_picture(self.grid, self.background, paths, title, *self.names)

    def page_dial(self) -> dict[str, Any] | None:
        """The map, and the paths for some learning rates or how to compute them."""
        rates = [rate for _, rate in self.rate.options]
        paths = field_on_page(self.grid, *self.field) if self.field else None
        if paths is None:
            rates = stored_rates(rates, self.rate.value)
            runs = {name: partial(run_optimizer, each) for name, each in self.optimizers.items()}
            paths = paths_on_page(self.grid, runs, rates, self.steps.max)
        if paths is None:
            return None
        rate = {"name": "rate", "label": "rate", "kind": "slider", "value": self.rate.value}
        knobs = [
            {**rate, "options": rates, "texts": [f"{one:g}" for one in rates]},
            {**page_knob("steps", self.steps), "play": 150},
        ]
        if self.choice.description:
            knobs.append(page_knob("choice", self.choice))
        map_ = map_data(self.grid, self.names)
        return {
            "dial": "descent",
            "knobs": knobs,
            "title": self.title or "Downhill",
            **paths,
            **map_,
        }

    def paths(self, chosen: str | None = None) -> dict[str, list[Point]]:
        """The path of the chosen optimizer, or of all of them, for the present knobs.

        Args:
            chosen: The name of an optimizer; None for all.
        """
        knob = f"{self.choice.description} " if self.choice.description else ""
        return {
            f"{knob}{name}": run_optimizer(optimizer, self.rate.value, self.steps.value)
            for name, optimizer in self.optimizers.items()
            if chosen in (None, name)
        }

    def title_sentence(self) -> str:
        """The title with the present learning rate."""
        return f"{self.title or 'Downhill'} · learning rate {self.rate.value:g}"


def two_digits(low: float, high: float) -> list[float]:
    """All numbers with two digits from low to high: 0.001, 0.0011 ... 0.99, 1."""
    numbers = (float(f"{n}e{power}") for power in range(-12, 6) for n in range(10, 100))
    return [number for number in numbers if low <= number <= high]


def gradient_descent(grad_at: Gradient | None, start: Point | None) -> Optimizer:
    """Gradient descent from `start`. Raises: ValueError if one of the two is missing."""
    if grad_at is None or not callable(grad_at) or start is None:
        raise ValueError(
            "There is no optimizer: give grad_at, a function (x, y) -> (dx, dy), and start, a "
            "point such as (-3, 1); or optimizers, {'name': a function (learning_rate, steps) -> "
            "points}."
        )
    first = to_point(start)

    def descend(learning_rate: float, steps: int) -> Iterable[Point]:
        x, y = first
        yield x, y
        for _ in range(steps):
            dx, dy = map(float, grad_at(x, y))
            x, y = x - learning_rate * dx, y - learning_rate * dy
            yield x, y

    return descend


def run_optimizer(optimizer: Optimizer, rate: float, steps: int) -> list[Point]:
    """The points up to and including the first that is not finite."""
    points: list[Point] = []
    try:
        for point in optimizer(rate, steps):
            points.append(to_point(point))
            if not all(map(isfinite, points[-1])):
                break
    except OverflowError:  # raised by math.exp and **
        points.append((inf, inf))
    return points


def check_knobs(rate: float, rate_range: Interval, steps: int, max_steps: int) -> None:
    """Raises: ValueError for an initial value that is not between the ends of its slider."""
    low, high = rate_range
    if not 0 < low < high < inf or not low <= rate <= high:
        raise ValueError(
            f"learning_rate={rate!r} must be between the two numbers of rate_range={rate_range!r}, "
            f"which must be above 0, the smaller first."
        )
    if not two_digits(low, high):
        raise ValueError(
            f"rate_range={rate_range!r} has no number of two digits; "
            f"it must be between 1e-10 and 1e6."
        )
    if not 0 <= steps <= max_steps or max_steps < 1:
        raise ValueError(f"steps={steps!r} must be from 0 to max_steps={max_steps!r}.")
