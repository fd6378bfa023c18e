"""Text and numbers as they stand in a picture: short, visible, and never able to break it."""

import unicodedata

INVISIBLE = {" ": "␣", "\n": "↵", "\r": "␍", "\t": "⇥", "": "∅"}


def format_number(number: float) -> str:
    """Four digits are enough to follow a computation: 0.33333 -> 0.3333, -1.0 -> −1."""
    return f"{number + 0.0:.4g}".replace("-", "−")


def truncate(text: str, max_length: int) -> str:
    """The text, or its beginning and a sign that something follows."""
    return text if len(text) <= max_length else text[: max_length - 1] + "…"


def visible_token(token: str, max_length: int = 18) -> str:
    """A token that can be seen, also if it is a space, a line end, or nothing at all."""
    shown = "".join(map(visible_character, token)) or INVISIBLE[""]
    return truncate(shown, max_length)


def visible_character(character: str) -> str:
    if character in INVISIBLE:
        return INVISIBLE[character]
    if unicodedata.category(character) in {"Zs", "Zl", "Zp"}:  # other kinds of space
        return "␣"
    return printable(character)


def printable(text: str) -> str:
    """The text without what XML forbids: control characters and halves of characters become �."""
    return "".join(
        character
        if character in "\t\n" or unicodedata.category(character) not in {"Cc", "Cs", "Cn"}
        else "�"
        for character in text
    )
