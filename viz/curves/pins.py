"""Texts pinned to a curve: a dot on the curve, a thread, and a card above it.

The cards have a strip of their own above the curves. They overlap neither the curves nor each
other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from viz.canvas.palette import INK, LINE, MUTED, PAPER, WHITE
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import format_compact
from viz.canvas.wrapping import wrap_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_PINS = 5
MAX_LINES = 6
MARGIN, GAP, PADDING = 16, 8, 8  # beside the strip, between two cards, inside a card
HEADER_HEIGHT, LINE_HEIGHT = 24, 14  # of a card
ABOVE, BELOW = 10, 14  # space above and below the cards
LETTER_WIDTH = 6.35  # pixels
MAX_CARD_WIDTH = 240


@dataclass(frozen=True)
class Pin:
    """A text and the point of the curve to which it belongs.

    Attributes:
        step: Where the point is on the x axis.
        value: Where the point is on the y axis.
        text: The text of the card.
        colour: Colour of the header and the dot.
    """

    step: float
    value: float
    text: str
    colour: str = INK

    @property
    def header(self) -> str:
        """The first line of the card."""
        return f"step {format_compact(self.step)}: {self.value:.3g}"


def check_pins(pins: Mapping[float, str], first: float, last: float) -> None:
    """Raises: ValueError for a pin that is not text, or is not between the ends of the curves."""
    for step, text in pins.items():
        if not isinstance(text, str):
            raise ValueError(
                f"The pin at step {step} is {text!r:.40}; give text: {{step: 'what it wrote'}}."
            )
        if not isfinite(step) or not min(first, 0) <= step <= last:
            raise ValueError(
                f"The pin at step {step:,g} is not on a curve: the curves have the steps "
                f"{first:,g} to {last:,g}."
            )


def select_pins(pins: Sequence[Pin]) -> tuple[list[Pin], str]:
    """Select at most MAX_PINS pins; the first and the last are always selected.

    Returns:
        The selected pins, and a note on the others, "" if there are none.
    """
    if len(pins) <= MAX_PINS:
        return list(pins), ""
    kept = [pins[round(i * (len(pins) - 1) / (MAX_PINS - 1))] for i in range(MAX_PINS)]
    return kept, f"{len(pins) - MAX_PINS} more samples are not shown"


class CardStrip:
    """The cards of some pins, side by side.

    Args:
        pins: The pins, in the order of their steps.
        width: Width of the chart in pixels.
        cards: Space is reserved for at least this many cards.
        lines: Space is reserved for texts of at least this many lines.
    """

    def __init__(self, pins: Sequence[Pin], width: float, cards: int = 0, lines: int = 0):
        self.pins, self.width = pins, width
        count = max(len(pins), cards, 1)
        self.card_width = min((width - 2 * MARGIN - (count - 1) * GAP) / count, MAX_CARD_WIDTH)
        self.texts = [card_lines(pin.text, self.card_width) for pin in pins]
        self.card_height = max(
            HEADER_HEIGHT + LINE_HEIGHT * lines + PADDING, *map(card_height, self.texts), 0
        )
        self.height = ABOVE + self.card_height + BELOW if pins or cards else 0.0

    def add_to(self, scene: Scene, top: float, points: Sequence[tuple[float, float]]) -> None:
        """Add the cards at `top`, each connected to its point of the curve, in pixels."""
        for pin, text, x, point in zip(
            self.pins, self.texts, card_lefts([x for x, _ in points], self), points
        ):
            y = top + ABOVE + self.card_height - card_height(text)
            scene.add(
                Line(((x + self.card_width / 2, top + ABOVE + self.card_height), point), LINE, 1.2)
            )
            add_card(scene, x, y, self.card_width, pin.header, pin.colour, text)


class CardColumn(CardStrip):
    """The cards of some pins, below each other under the chart, for a phone.

    Args:
        pins: The pins, in the order of their steps.
        width: Width of the chart in pixels.
    """

    def __init__(self, pins: Sequence[Pin], width: float):
        super().__init__(pins, width)
        self.card_width = width - 2 * MARGIN
        self.texts = [card_lines(pin.text, self.card_width) for pin in pins]
        self.height = 0.0  # above the curves

    def add_to(self, scene: Scene, top: float, points: Sequence[tuple[float, float]]) -> None:
        """Add the cards at `top`, the lower end of the scene, which grows."""
        for pin, text in zip(self.pins, self.texts):
            add_card(scene, MARGIN, scene.height, self.card_width, pin.header, pin.colour, text)
            scene.height += card_height(text) + GAP


def card_lines(text: str, width: float) -> list[str]:
    """The lines of a text on a card of this width."""
    return wrap_text(text, int((width - 2 * PADDING) / LETTER_WIDTH), MAX_LINES) if text else []


def card_height(lines: Sequence[str]) -> float:
    """The height of a card in pixels."""
    return HEADER_HEIGHT + LINE_HEIGHT * max(len(lines), 1) + PADDING


def add_card(
    scene: Scene, x: float, y: float, width: float, header: str, colour: str, lines: Sequence[str]
) -> None:
    """Add a card with a coloured header and a text."""
    scene.add(Rect(x, y, width, card_height(lines), WHITE, LINE, radius=5))
    scene.add(Text(x + PADDING, y + 17, header, 11, colour, weight="600"))
    for i, line in enumerate(lines or ["(nothing)"]):
        baseline = y + HEADER_HEIGHT + 10 + LINE_HEIGHT * i
        ink = INK if lines else MUTED
        scene.add(Text(x + PADDING, baseline, line, 10.5, ink, mono=True))


def add_dots(scene: Scene, pins: Sequence[Pin], points: Sequence[tuple[float, float]]) -> None:
    """Add the dots at the ends of the threads, on top of the curves."""
    for pin, point in zip(pins, points):
        scene.add(Circle(*point, 4, PAPER, pin.colour, 2))


def card_lefts(xs: Sequence[float], strip: CardStrip) -> list[float]:
    """The left edge of each card: as near to its point as its neighbours and the width allow."""
    step = strip.card_width + GAP
    lefts: list[float] = []
    min_left = float(MARGIN)
    for x in xs:
        lefts.append(max(x - strip.card_width / 2, min_left))
        min_left = lefts[-1] + step
    max_left = strip.width - MARGIN - strip.card_width
    for i in reversed(range(len(lefts))):
        lefts[i] = min(lefts[i], max_left)
        max_left = lefts[i] - step
    return lefts


def draw_pins_on_axes(ax: "Axes", pins: Sequence[Pin]) -> float:
    """Draw the same cards above matplotlib's Axes; return their height in points."""
    size = 8.0
    figure = ax.get_figure(root=True)
    assert figure is not None, "the Axes belong to a figure"
    points = ax.get_position().width * figure.get_size_inches()[0] * 72
    columns = max(int(points / max(len(pins), 2) / (0.62 * size)) - 3, 8)
    max_lines = 0
    for i, pin in enumerate(pins):
        lines = [
            pin.header,
            *(wrap_text(pin.text, columns, MAX_LINES) if pin.text else ["(nothing)"]),
        ]
        max_lines = max(max_lines, len(lines))
        ax.annotate(
            "\n".join(lines).replace("$", r"\$"),
            (pin.step, pin.value),
            ((i + 0.02) / max(len(pins), 2), 1.03),
            textcoords="axes fraction",
            va="bottom",
            fontsize=size,
            family=["monospace", "sans-serif"],
            color=INK,
            bbox={"boxstyle": "round", "facecolor": WHITE, "edgecolor": LINE},
            arrowprops={"arrowstyle": "-", "color": LINE},
            annotation_clip=False,
        )
    return size * 1.4 * max_lines + 24 if pins else 6.0
