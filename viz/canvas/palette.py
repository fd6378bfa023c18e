"""The colours of every picture: told apart by the colour-blind, readable in a light and in a dark
page.

A picture brings its own opaque paper, because a front end cannot recolour it.
Source: Okabe and Ito 2008, "Color Universal Design", for the categories.
"""

PAPER = "#fcfbf8"
WHITE = "#ffffff"
GREEN_PAPER = "#e8f3ee"
INK = "#20242c"
BLACK = "#000000"
MUTED = "#5d6470"  # 5.7 to 1 on PAPER: still read by weak eyes
LINE = "#c3c8d0"
FAINT = "#e9e9e6"

BLUE = "#0072b2"
ORANGE = "#bb4f00"
GREEN = "#00795c"
PURPLE = "#a3527f"
SLATE = "#454c57"
GOLD = "#8a6400"
VIOLET = "#6a3fc4"  # where six are needed beside green

CATEGORIES = (BLUE, ORANGE, GREEN, PURPLE, GOLD, SLATE)  # in this order; a seventh begins anew

# Light papers with dark ink on each, for text that belongs to one of several things.
TINTS = ("#e3e3df", "#cfe6f5", "#ffe0c2", "#cdeede", "#f3d9e8", "#f6ebb5", "#ded8f5", "#d9eec2")

SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

MIN_CONTRAST = 4.5  # the contrast that weak eyes need for small text

NEGATIVE, POSITIVE = BLUE, ORANGE  # of signed numbers; white is 0


def blend(low: str, high: str, share: float) -> str:
    """The colour between two others. Units: share from 0, all `low`, to 1, all `high`."""
    share = min(max(share, 0.0), 1.0)
    pairs = ((int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def diverging_colour(share: float) -> str:
    """White for 0, the more coloured the further from it. Units: share from -1 to 1."""
    return blend(WHITE, POSITIVE if share > 0 else NEGATIVE, abs(share))


def contrast(one: str, other: str) -> float:
    """How well one colour is read on another. Units: from 1, not at all, to 21, black on white.

    Source: Web Content Accessibility Guidelines 2.1, "contrast ratio".
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """How bright a colour is to the eye. Units: from 0, black, to 1, white."""
    shares = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """What can be read on a colour: ink if it can; on any colour white or black can."""
    return next(ink for ink in (INK, WHITE, BLACK) if contrast(ink, colour) >= MIN_CONTRAST)
