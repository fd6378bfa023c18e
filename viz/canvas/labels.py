"""Text and numbers as labels of a picture: short, visible, and safe to embed."""

import unicodedata

INVISIBLE = {" ": "␣", "\n": "↵", "\r": "␍", "\t": "⇥", "": "∅"}
SPACES = {"Zs", "Zl", "Zp"}  # Unicode categories
UNPRINTABLE = {"Cc", "Cs", "Cn"}
TITLE_CHAR_WIDTH = 9.2  # pixels of a character, on average


def format_number(number: float) -> str:
    """The number with four significant digits: 0.33333 -> 0.3333, -1.0 -> −1."""
    return f"{number + 0.0:.4g}".replace("-", "−")


def truncate(text: str, max_length: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def visible_token(token: str, max_length: int = 18) -> str:
    """The token as a label, visible even if it is a space, a line end, or empty."""
    shown = "".join(
        INVISIBLE.get(c) or ("␣" if unicodedata.category(c) in SPACES else printable(c))
        for c in token
    )
    return truncate(shown or INVISIBLE[""], max_length)


def printable(text: str) -> str:
    """The text without what XML forbids: control characters and lone surrogates become �."""
    return "".join(
        c if c in "\t\n" or unicodedata.category(c) not in UNPRINTABLE else "�" for c in text
    )


def title_width(title: str) -> float:
    """Width in pixels of a scene with room for the title and a margin of 16 on both sides."""
    return TITLE_CHAR_WIDTH * len(title) + 32
