"""Training and validation loss over the length of the context.

The lowest validation loss is marked. Below each length is the size of an n-gram table.
"""

from typing import TYPE_CHECKING

from viz.canvas.arrays import to_numbers
from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN, NARROW, wrapped
from viz.canvas.palette import BLUE, FAINT, GOLD, INK, MUTED, ORANGE, PAPER
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import linear_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

WIDTH, PLOT_HEIGHT = 720, 230
LEFT, RIGHT, TOP = 62, 96, 68


def draw_context(
    context_lengths: "ArrayLike",
    train_losses: "ArrayLike",
    val_losses: "ArrayLike",
    *,
    table_sizes: "ArrayLike | None" = None,
    title: str = "",
    unit: str = "loss (nats per token)",
    x_label: str = "letters of context",
    names: tuple[str, str] = ("training", "validation"),
    ax: "Axes | None" = None,
) -> Picture:
    """Draw training and validation loss over the length of the context.

    Args:
        context_lengths: Number of tokens in the context, shape (n,), n >= 1.
        train_losses: Loss on the training set for each context length, shape (n,).
        val_losses: Loss on the validation set for each context length, shape (n,).
        table_sizes: Number of cells of an n-gram table for each context length, shape (n,).
        title: Title of the chart.
        unit: Label of the y axis.
        x_label: Label of the x axis.
        names: Names of the two curves.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The chart; `.data["turning point"]` is the context length with the lowest validation loss.

    Raises:
        ValueError: If the rows differ in length or are empty, or if a loss is not finite.

    Example:
        >>> picture = draw_context([0, 1, 2], [2.8, 2.4, 2.0], [2.8, 2.5, 2.7])
        >>> picture.data["turning point"]
        1.0
    """
    lengths = to_numbers(context_lengths, "context_lengths")
    curves = {
        name: to_numbers(c, f"the curve {name!r}")
        for name, c in zip(names, (train_losses, val_losses))
    }
    sizes = [] if table_sizes is None else [int(x) for x in to_numbers(table_sizes, "table_sizes")]
    columns = {"context_lengths": lengths, **curves} | ({"table_sizes": sizes} if sizes else {})
    if len({len(row) for row in columns.values()}) != 1 or not lengths or len(curves) < 2:
        parts = ", ".join(f"{len(row)} of {name}" for name, row in columns.items())
        raise ValueError(
            f"There must be one loss for each context length, and at least one; got {parts}."
        )
    best = argmin(curves[names[1]])

    def draw(width: float) -> Scene:
        chart = ContextScene(lengths, curves, bool(sizes), title, width)
        chart.add_axes(unit, x_label, sizes)
        chart.add_curves(curves, best)
        return chart.scene

    data = columns | {"turning point": lengths[best]}
    alt = alt_text(lengths, curves, best, title, x_label)
    picture = Picture(data, alt, draw(WIDTH), narrow=draw(NARROW))
    return picture.draw_on(ax) if ax is not None else picture


def argmin(curve: list[float]) -> int:
    """The index of the first lowest value."""
    return curve.index(min(curve))


class ContextScene:
    """The drawing of the two curves.

    Args:
        lengths: Context lengths.
        curves: The losses of both curves by name.
        with_sizes: Whether space for the table sizes is reserved.
        title: Title of the chart.
        width: In pixels; on a phone the names of the curves are above them.
    """

    def __init__(
        self,
        lengths: list[float],
        curves: dict[str, list[float]],
        with_sizes: bool,
        title: str,
        width: float,
    ):
        self.lengths, self.is_narrow = lengths, width <= NARROW
        values = [value for curve in curves.values() for value in curve]
        padding = 0.1 * ((max(values) - min(values)) or 1)
        self.low, self.high = min(values) - 1.6 * padding, max(values) + 1.6 * padding
        self.right = MARGIN + 8 if self.is_narrow else RIGHT
        heading = Text(16, 25, title, 15, weight="600")
        lines = wrapped(heading, width - 2 * MARGIN, 19) if self.is_narrow else [heading]
        self.top = TOP + 19 * (len(lines) - 1) + (28 if self.is_narrow else 0)
        self.scene = Scene(width, self.top + PLOT_HEIGHT + (64 if with_sizes else 44))
        self.scene.height += 32 if self.is_narrow and with_sizes else 0
        self.scene.add(*lines)

    def x(self, length: float) -> float:
        """The place of a context length, in pixels."""
        first, last = min(self.lengths), max(self.lengths)
        fraction = (length - first) / (last - first) if last > first else 0.5
        return LEFT + 24 + (self.scene.width - LEFT - self.right - 24) * fraction

    def y(self, value: float) -> float:
        """The place of a loss, in pixels, downwards."""
        return self.top + PLOT_HEIGHT * (self.high - value) / (self.high - self.low)

    def add_axes(self, unit: str, x_label: str, sizes: list[int]) -> None:
        """Add ticks, the labels of both axes, and the table sizes."""
        add, bottom = self.scene.add, self.top + PLOT_HEIGHT
        plot_width = self.scene.width - LEFT - self.right
        for level in linear_ticks(self.low, self.high):
            add(Rect(LEFT, self.y(level), plot_width, 1, FAINT))
            add(Text(LEFT - 8, self.y(level) + 4, f"{level:.3g}", 11, MUTED, "end"))
        for i, length in enumerate(self.lengths):
            add(Text(self.x(length), bottom + 18, f"{length:g}", 13, INK, "middle", "600"))
            x, words = self.x(length), format_count(sizes[i]) if sizes else ""
            if words and not self.is_narrow:
                add(Text(x, bottom + 36, words, 11.5, MUTED, "middle"))
            for row, word in enumerate(words.split() if self.is_narrow else ()):
                add(Text(x, bottom + 36 + 13 * row, word, 10, MUTED, "middle"))
        x_title = f"{x_label}, and the cells of such a table" if sizes else x_label
        middle = LEFT + plot_width / 2
        below = Text(middle, bottom + (56 if sizes else 38), x_title, 12, MUTED, "middle")
        if self.is_narrow:
            below = Text(middle, bottom + (69 if sizes else 38), x_title, 12, MUTED, "middle")
        add(*(wrapped(below, plot_width) if self.is_narrow else [below]))
        add(Text(LEFT - 46, self.top - (46 if self.is_narrow else 18), unit, 12, MUTED))

    def add_curves(self, curves: dict[str, list[float]], best: int) -> None:
        """Add both curves with their values, and a ring at index `best` of the second."""
        points_by_name = {
            name: [(self.x(length), self.y(value)) for length, value in zip(self.lengths, curve)]
            for name, curve in curves.items()
        }
        if self.is_narrow:
            x = MARGIN
            for name, colour in zip(curves, (BLUE, ORANGE)):
                shown = truncate(name, 20)
                self.scene.add(Text(x, self.top - 26, shown, 12.5, colour, weight="600"))
                x += 7.8 * len(shown) + 16
        upper = max(curves, key=lambda name: curves[name][-1])
        for (name, points), colour in zip(points_by_name.items(), (BLUE, ORANGE)):
            self.scene.add(Line(tuple(points), colour, 2.4))
            direction = -1 if name == upper else 1
            for (x, y), value in zip(points, curves[name]):
                self.scene.add(Circle(x, y, 3.6, colour, PAPER, 1.2))
                label_y = y + (20 if direction > 0 else -11)
                self.scene.add(Text(x, label_y, f"{value:.2f}", 11.5, colour, "middle"))
            x, y = points[-1]
            if not self.is_narrow:
                self.scene.add(Text(x + 12, y + 4, truncate(name, 11), 12.5, colour, weight="600"))
        x, y = points_by_name[list(points_by_name)[1]][best]
        self.scene.add(Circle(x, y, 8, "none", GOLD, 2.4))
        self.scene.add(Text(x, y - 27, "lowest", 12, GOLD, "middle", "600"))


def format_count(size: int) -> str:
    """19683 -> 19,683; from ten million on with a word: 14 million, 10 billion."""
    for name, unit in (("trillion", 10**12), ("billion", 10**9), ("million", 10**6)):
        if size >= 10 * unit or (name != "million" and size >= unit):
            return f"{size / unit:,.0f} {name}"
    return f"{size:,}"


def alt_text(
    lengths: list[float], curves: dict[str, list[float]], best: int, title: str, x_label: str
) -> str:
    """One sentence: the ends of each curve, and where the second is lowest."""
    parts = [f"{name} from {curve[0]:.2f} to {curve[-1]:.2f}" for name, curve in curves.items()]
    second = list(curves)[1]
    span = f"{lengths[0]:g} to {lengths[-1]:g} {x_label}"
    lowest = f"{second} is lowest at {lengths[best]:g}, {curves[second][best]:.2f}"
    return f"{title or 'Loss'}: over {span} {' and '.join(parts)}; {lowest}."
