"""The colours of every picture: distinct for the colour-blind, readable on light and dark pages.

A picture has its own opaque background ("paper"), because a front end cannot recolour it.

Source: Okabe and Ito 2008, "Color Universal Design", for the categories.
"""

PAPER = "#fcfbf8"
WHITE = "#ffffff"
GREEN_PAPER = "#e8f3ee"
INK = "#20242c"
BLACK = "#000000"
MUTED = "#5d6470"  # contrast 5.7 on PAPER
LINE = "#c3c8d0"
FAINT = "#e9e9e6"

BLUE = "#0072b2"
ORANGE = "#bb4f00"
GREEN = "#00795c"
PURPLE = "#a3527f"
SLATE = "#454c57"
GOLD = "#8a6400"
VIOLET = "#6a3fc4"  # where six are needed besides green

CATEGORIES = (
    BLUE,
    ORANGE,
    GREEN,
    PURPLE,
    GOLD,
    SLATE,
)  # the seventh colour is the first again

# Parts of a model, by what their names contain: one colour each in every picture.
PARTS = {"embed": GREEN, "wte": GREEN, "wpe": GREEN, "attention": BLUE, "attn": BLUE, "mlp": ORANGE}

# Light papers with dark ink on each, for text that belongs to one of several things.
TINTS = ("#e3e3df", "#cfe6f5", "#ffe0c2", "#cdeede", "#f3d9e8", "#f6ebb5", "#ded8f5", "#d9eec2")

SANS = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

MIN_CONTRAST = 4.5  # for small text; Web Content Accessibility Guidelines 2.1

MASKED = "#ede5d0"  # of a key that a query must not see: no shade of grey, which is a weight

NEGATIVE, POSITIVE = ORANGE, BLUE  # of signed numbers, in every picture; 0 is white


def blend(low: str, high: str, fraction: float) -> str:
    """Mix two colours.

    Args:
        low: "#rrggbb", the result for 0.
        high: "#rrggbb", the result for 1.
        fraction: From 0 to 1; beyond that it is clipped.

    Returns:
        "#rrggbb".
    """
    fraction = min(max(fraction, 0.0), 1.0)
    pairs = ((int(low[i : i + 2], 16), int(high[i : i + 2], 16)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(a + (b - a) * fraction):02x}" for a, b in pairs)


def diverging_colour(fraction: float) -> str:
    """A colour of a diverging scale: -1 is `NEGATIVE`, 0 white, 1 `POSITIVE`."""
    return blend(WHITE, POSITIVE if fraction > 0 else NEGATIVE, abs(fraction))


def part_colour(name: str, others: int) -> str:
    """The colour of a part of a model.

    Args:
        name: Its name, such as "attention" or "token embeddings".
        others: How many parts without a colour of their own came before it.

    Returns:
        "#rrggbb".
    """
    own = next((PARTS[part] for part in PARTS if part in name.lower()), "")
    free = [colour for colour in CATEGORIES if colour not in PARTS.values()]
    return own or free[others % len(free)]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, from 1, none, to 21, black on white.

    Args:
        one: "#rrggbb".
        other: "#rrggbb".

    Returns:
        The ratio; the order of the colours does not matter.

    Source: Web Content Accessibility Guidelines 2.1, "contrast ratio".
    """
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    """Relative luminance of a colour "#rrggbb", from 0, black, to 1, white."""
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """The colour of text on a background: `INK` if it can be read, otherwise white or black."""
    return next(ink for ink in (INK, WHITE, BLACK) if contrast(ink, colour) >= MIN_CONTRAST)
