"""A landscape of loss to walk down with a learning rate of your own: crawl, zigzag, fly off."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite, log

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.training.loss_grid import Interval, LossGrid, Point
from viz.training.surface import (
    LEFT,
    MAP_WIDTH,
    draw_surface,
    map_height,
    surface_picture,
    to_point,
)

Optimizer = Callable[[float, int], Iterable[Point]]  # rule(learning_rate, steps) -> places
MIN_RATE, MAX_RATE = 0.001, 1.0  # learning rates at the two ends of the slider


class DescentPlayer(Control):
    """Turn the learning rate and the number of steps, and see where descent comes to.

    `grad_at(x, y)` answers with two slopes. `rules` walk instead of plain descent, each a
    function (learning_rate, steps) -> places: all at once, for a race; or, with `choose`, the one
    that a third knob of that name points at (without a kernel all are shown). If a way ends beyond
    all numbers, the picture says so, and the player stays.
    Raises:  ValueError if there is nothing to walk with, or ranges that are none.
    Example: DescentPlayer(lambda x, y: x * x + 9 * y * y, lambda x, y: (2 * x, 18 * y), (-3, 1),
        x_range=(-4, 4), y_range=(-2, 2))
    """

    def __init__(
        self,
        loss_at,
        grad_at: Callable[[float, float], Sequence[float]] | None = None,
        start: Point | None = None,
        *,
        x_range: Interval,
        y_range: Interval,
        optimizers: Mapping[str, Optimizer] | None = None,
        choice_label: str = "",
        learning_rate: float = 0.03,
        rates: tuple[float, float] = (MIN_RATE, MAX_RATE),
        steps: int = 20,
        max_steps: int = 60,
        title: str = "",
        x_name: str = "x",
        y_name: str = "y",
    ):
        self.optimizers = dict(optimizers or {"descent": gradient_descent(grad_at, start)})
        check_knobs(learning_rate, rates, steps, max_steps)
        self.title, self.names = title, (x_name, y_name)
        n_paths = 1 if choice_label else len(self.optimizers)
        box = (LEFT, 44 + 18 * n_paths, MAP_WIDTH, map_height(x_range, y_range))
        self.grid = LossGrid(loss_at, x_range, y_range, box)
        self.background = self.grid.shapes()  # drawn once; only the ways change
        layout = Layout(width="460px")
        options = two_digits(*rates)
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
        paths = self.paths(self.choice.value if self.choice.description else None)
        return surface_picture(
            self.grid, self.background, paths, self.title_sentence(), *self.names
        )

    def paths(self, chosen: str | None = None) -> dict[str, list[Point]]:
        """What the chosen rule walks, or all of them, for where the knobs stand now."""
        knob = f"{self.choice.description} " if self.choice.description else ""
        return {
            f"{knob}{name}": run_optimizer(optimizer, self.rate.value, self.steps.value)
            for name, optimizer in self.optimizers.items()
            if chosen in (None, name)
        }

    def title_sentence(self) -> str:
        return f"{self.title or 'Downhill'} · learning rate {self.rate.value:g}"


def two_digits(low: float, high: float) -> list[float]:
    """All numbers of two digits between two others: 0.001, 0.0011 ... 0.99, 1."""
    numbers = (float(f"{n}e{power}") for power in range(-12, 6) for n in range(10, 100))
    return [number for number in numbers if low <= number <= high]


def gradient_descent(grad_at, start) -> Optimizer:
    """Gradient descent from `start`."""
    if not callable(grad_at) or start is None:
        raise ValueError(
            "Nothing to walk with: give grad_at, a function (x, y) -> two slopes, and start, a "
            "place such as (-3, 1); or rules, {'name': a function (learning_rate, steps) -> "
            "places}."
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
    """The places up to the first that is no number, and that one."""
    points: list[Point] = []
    try:
        for point in optimizer(rate, steps):
            points.append(to_point(point))
            if not all(map(isfinite, points[-1])):
                break
    except OverflowError:  # math.exp and ** say it in this way
        points.append((inf, inf))
    return points


def check_knobs(rate: float, rates: tuple[float, float], steps: int, max_steps: int) -> None:
    low, high = rates
    if not 0 < low < high < inf or not low <= rate <= high:
        raise ValueError(
            f"learning_rate={rate!r} must lie between rates={rates!r}, two numbers above 0, the "
            f"smaller first."
        )
    if not two_digits(low, high):
        raise ValueError(f"rates={rates!r} has no number of two digits; 1e-10 to 1e6 is the range.")
    if not 0 <= steps <= max_steps or max_steps < 1:
        raise ValueError(f"steps={steps!r} must be from 0 to max_steps={max_steps!r}.")
