"""Texts pinned to a curve where they were made: a dot on the curve, a thread, and a card above it.

The cards hang in a strip of their own over the curves, so they cover nothing, and each is moved
aside until it covers no other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

from viz.canvas.palette import INK, LINE, MUTED, PAPER, WHITE
from viz.canvas.scene import Circle, Line, Rect, Scene, Text
from viz.canvas.ticks import format_compact
from viz.canvas.wrapping import wrap_text

MOST_PINS = 5
MOST_LINES = 6
EDGE, GAP, PADDING = 16, 8, 8  # beside the strip, between two cards, inside a card
HEAD, ROW = 24, 14  # of a card: its first line, each other line
ABOVE, BELOW = 10, 14  # the cards: to the names of the curves, and to the curves
LETTER = 6.35  # pixels of one letter of the text
WIDEST = 240


@dataclass(frozen=True)
class Pin:
    """A text, and the point of the curve where it was made."""

    step: float
    value: float
    text: str
    colour: str = INK

    @property
    def head(self) -> str:
        return f"step {format_compact(self.step)}: {self.value:.3g}"


def check_pins(pins: Mapping[float, str], first: float, last: float) -> None:
    """Raises: ValueError for what is no text, or stands beside the curves."""
    for step, text in pins.items():
        if not isinstance(text, str):
            raise ValueError(
                f"The pin at step {step} is {text!r:.40}; give text: {{step: 'what it wrote'}}."
            )
        if not isfinite(step) or not min(first, 0) <= step <= last:
            raise ValueError(
                f"The pin at step {step:,g} has no curve to stand on: there are steps from "
                f"{first:,g} to {last:,g}."
            )


def chosen(pins: Sequence[Pin]) -> tuple[list[Pin], str]:
    """The pins that are drawn, first and last among them, and a note on the others."""
    if len(pins) <= MOST_PINS:
        return list(pins), ""
    kept = [pins[round(i * (len(pins) - 1) / (MOST_PINS - 1))] for i in range(MOST_PINS)]
    return kept, f"{len(pins) - MOST_PINS} more samples are not shown"


class Strip:
    """The cards of some pins side by side, over a sheet of this width.

    `cards` says for how many there must be room, `lines` how long the longest text may become;
    without them the strip is as small as these pins allow.
    """

    def __init__(self, pins: Sequence[Pin], width: float, cards: int = 0, lines: int = 0):
        self.pins, self.width = pins, width
        count = max(len(pins), cards, 1)
        self.wide = min((width - 2 * EDGE - (count - 1) * GAP) / count, WIDEST)
        self.texts = [card_lines(pin.text, self.wide) for pin in pins]
        self.tall = max(HEAD + ROW * lines + PADDING, *map(tall_of, self.texts), 0)
        self.height = ABOVE + self.tall + BELOW if pins or cards else 0.0

    def add_to(self, scene: Scene, top: float, places: Sequence[tuple[float, float]]) -> None:
        """Hang the cards at `top`; `places` are the points of the curve."""
        for pin, text, x, place in zip(
            self.pins, self.texts, side_by_side([x for x, _ in places], self), places
        ):
            y = top + ABOVE + self.tall - tall_of(text)
            scene.add(Line(((x + self.wide / 2, top + ABOVE + self.tall), place), LINE, 1.2))
            add_card(scene, x, y, self.wide, pin.head, pin.colour, text)


def card_lines(text: str, wide: float) -> list[str]:
    """The lines of a text on a card of this width."""
    return wrap_text(text, int((wide - 2 * PADDING) / LETTER), MOST_LINES) if text else []


def tall_of(lines: Sequence[str]) -> float:
    return HEAD + ROW * max(len(lines), 1) + PADDING


def add_card(
    scene: Scene, x: float, y: float, wide: float, head: str, colour: str, lines: Sequence[str]
) -> None:
    """A head in its colour, and a text under it."""
    scene.add(Rect(x, y, wide, tall_of(lines), WHITE, LINE, radius=5))
    scene.add(Text(x + PADDING, y + 17, head, 11, colour, weight="600"))
    for i, line in enumerate(lines or ["(nothing)"]):
        ink = INK if lines else MUTED
        scene.add(Text(x + PADDING, y + HEAD + 10 + ROW * i, line, 10.5, ink, mono=True))


def add_dots(scene: Scene, pins: Sequence[Pin], places: Sequence[tuple[float, float]]) -> None:
    """The points where the threads end, on top of the curves."""
    for pin, place in zip(pins, places):
        scene.add(Circle(*place, 4, PAPER, pin.colour, 2))


def side_by_side(wanted: Sequence[float], strip: Strip) -> list[float]:
    """The left edge of each card: as near over its point as its neighbours and the sheet allow."""
    step = strip.wide + GAP
    lefts, least = [], float(EDGE)
    for x in wanted:
        lefts.append(max(x - strip.wide / 2, least))
        least = lefts[-1] + step
    most = strip.width - EDGE - strip.wide
    for i in reversed(range(len(lefts))):
        lefts[i] = min(lefts[i], most)
        most = lefts[i] - step
    return lefts


def pin_on_axes(ax, pins: Sequence[Pin]) -> float:
    """The same cards over matplotlib's Axes; gives back how many points high they are."""
    size = 8.0
    points = ax.get_position().width * ax.get_figure(root=True).get_size_inches()[0] * 72
    columns = max(int(points / max(len(pins), 2) / (0.62 * size)) - 3, 8)
    tallest = 0
    for i, pin in enumerate(pins):
        lines = [
            pin.head,
            *(wrap_text(pin.text, columns, MOST_LINES) if pin.text else ["(nothing)"]),
        ]
        tallest = max(tallest, len(lines))
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
    return size * 1.4 * tallest + 24 if pins else 6.0
