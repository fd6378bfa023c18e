"""A landscape of loss to walk down with a learning rate of your own: crawl, zigzag, fly off."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, isfinite, log

from ipywidgets import IntSlider, Layout, SelectionSlider

from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.training.loss_grid import Landscape, Point, Range
from viz.training.surface import LEFT, WIDE, draw_surface, picture_of, tall_of, to_place

Rule = Callable[[float, int], Iterable[Point]]  # rule(learning_rate, steps) -> places
FEWEST, MOST = 0.001, 1.0  # learning rates at the two ends of the slider


class DescentPlayer(Control):
    """Turn the learning rate and the number of steps, and see where descent comes to.

    `slopes_at(x, y)` answers with two slopes. `rules` walk instead of plain descent, each a
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
        slopes_at: Callable[[float, float], Sequence[float]] | None = None,
        start: Point | None = None,
        *,
        x_range: Range,
        y_range: Range,
        rules: Mapping[str, Rule] | None = None,
        choose: str = "",
        learning_rate: float = 0.03,
        rates: tuple[float, float] = (FEWEST, MOST),
        steps: int = 20,
        most_steps: int = 60,
        title: str = "",
        x_name: str = "x",
        y_name: str = "y",
    ):
        self.rules = dict(rules or {"descent": own_rule(slopes_at, start)})
        check_knobs(learning_rate, rates, steps, most_steps)
        self.title, self.names = title, (x_name, y_name)
        ways = 1 if choose else len(self.rules)
        box = (LEFT, 44 + 18 * ways, WIDE, tall_of(x_range, y_range))
        self.land = Landscape(loss_at, x_range, y_range, box)
        self.ground = self.land.shapes()  # drawn once; only the ways change
        wide = Layout(width="460px")
        options = two_digits(*rates)
        self.rate = SelectionSlider(
            options=[(f"{rate:g}", rate) for rate in options],
            value=min(options, key=lambda rate: abs(log(rate / learning_rate))),
            description="rate",
            layout=wide,
        )
        self.steps = IntSlider(value=steps, max=most_steps, description="steps", layout=wide)
        knobs = [self.rate, self.steps]
        self.choice = SelectionSlider(
            options=list(self.rules),
            description=choose,
            layout=wide,
            style={"description_width": "initial"},
        )
        still = draw_surface(
            loss_at,
            self.ways(),
            x_range=x_range,
            y_range=y_range,
            title=self.heading(),
            x_name=x_name,
            y_name=y_name,
        )
        super().__init__([*knobs, self.choice] if choose else knobs, still)
        for knob in (*knobs, self.choice):
            knob.observe(self.redraw, names="value")

    def picture(self) -> Picture:
        ways = self.ways(self.choice.value if self.choice.description else None)
        return picture_of(self.land, self.ground, ways, self.heading(), *self.names)

    def ways(self, chosen: str | None = None) -> dict[str, list[Point]]:
        """What the chosen rule walks, or all of them, for where the knobs stand now."""
        knob = f"{self.choice.description} " if self.choice.description else ""
        return {
            f"{knob}{name}": walk(rule, self.rate.value, self.steps.value)
            for name, rule in self.rules.items()
            if chosen in (None, name)
        }

    def heading(self) -> str:
        return f"{self.title or 'Downhill'} · learning rate {self.rate.value:g}"


def two_digits(low: float, high: float) -> list[float]:
    """All numbers of two digits between two others: 0.001, 0.0011 ... 0.99, 1."""
    numbers = (float(f"{n}e{power}") for power in range(-12, 6) for n in range(10, 100))
    return [number for number in numbers if low <= number <= high]


def own_rule(slopes_at, start) -> Rule:
    """Gradient descent from `start`."""
    if not callable(slopes_at) or start is None:
        raise ValueError(
            "Nothing to walk with: give slopes_at, a function (x, y) -> two slopes, and start, a "
            "place such as (-3, 1); or rules, {'name': a function (learning_rate, steps) -> "
            "places}."
        )
    first = to_place(start)

    def descend(learning_rate: float, steps: int) -> Iterable[Point]:
        x, y = first
        yield x, y
        for _ in range(steps):
            of_x, of_y = map(float, slopes_at(x, y))
            x, y = x - learning_rate * of_x, y - learning_rate * of_y
            yield x, y

    return descend


def walk(rule: Rule, rate: float, steps: int) -> list[Point]:
    """The places up to the first that is no number, and that one."""
    places: list[Point] = []
    try:
        for place in rule(rate, steps):
            places.append(to_place(place))
            if not all(map(isfinite, places[-1])):
                break
    except OverflowError:  # math.exp and ** say it in this way
        places.append((inf, inf))
    return places


def check_knobs(rate: float, rates: tuple[float, float], steps: int, most_steps: int) -> None:
    low, high = rates
    if not 0 < low < high < inf or not low <= rate <= high:
        raise ValueError(
            f"learning_rate={rate!r} must lie between rates={rates!r}, two numbers above 0, the "
            f"smaller first."
        )
    if not two_digits(low, high):
        raise ValueError(f"rates={rates!r} has no number of two digits; 1e-10 to 1e6 is the range.")
    if not 0 <= steps <= most_steps or most_steps < 1:
        raise ValueError(f"steps={steps!r} must be from 0 to most_steps={most_steps!r}.")
