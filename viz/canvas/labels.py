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
    """The token as a label, visible even if it is a space, a line end, a byte, or empty."""
    shown = "".join(map(visible_sign, token))
    return truncate(shown or INVISIBLE[""], max_length)


def visible_sign(character: str) -> str:
    """The character, or a sign for it; `\\xf0` for a byte outside a complete character."""
    if "\udc80" <= character <= "\udcff":  # as `to_tokens` decodes it
        return f"\\x{ord(character) - 0xDC00:02x}"
    is_space = unicodedata.category(character) in SPACES
    return INVISIBLE.get(character) or ("␣" if is_space else printable(character))


def printable(text: str) -> str:
    """The text without what XML forbids: control characters and lone surrogates become �."""
    return "".join(
        c if c in "\t\n" or unicodedata.category(c) not in UNPRINTABLE else "�" for c in text
    )


def title_width(title: str) -> float:
    """Width in pixels of a scene with room for the title and a margin of 16 on both sides."""
    return TITLE_CHAR_WIDTH * len(title) + 32
