"""A text in the few lines of a card: broken between words, its invisible parts visible, clipped.

Left out on purpose: fonts. How wide a line will be is counted in letters of a typewriter.
"""

import re

from viz.canvas.visible_text import display_width, visible_character

LINE_END, ELLIPSIS = "↵", "…"


def wrap_text(text: str, columns: int, most: int) -> list[str]:
    """At most so many lines of at most so many letters; "…" says that something follows.

    Example: wrapped("the cat\\nsat", 8, 2) -> ["the cat↵", "sat"]
    """
    shown = mark_line_ends(
        text[: 2 * columns * most + columns]
    )  # no need to spell what has no room
    lines: list[str] = []
    for paragraph in shown.split("\n"):
        lines += wrap_paragraph(paragraph, columns)
    lines = lines[:-1] if lines[-1] == "" and len(lines) > 1 else lines
    if len(lines) <= most and len(text) <= 2 * columns * most + columns:
        return lines
    last = lines[:most][-1]
    while display_width(last + ELLIPSIS) > columns:
        last = last[:-1]
    return [*lines[: min(most, len(lines)) - 1], last + ELLIPSIS]


def mark_line_ends(text: str) -> str:
    """Every line end with its sign; what cannot be seen, or turns what is read, as its code."""
    seen = "".join(
        c if c in " \n" else visible_character(c, alone=False)
        for c in re.sub("[\ud800-\udfff]", "\ufffd", text)
    )
    return re.sub("\n+", lambda ends: LINE_END * len(ends[0]) + "\n", seen)


def wrap_paragraph(paragraph: str, columns: int) -> list[str]:
    """The lines of one paragraph; a word that is longer than a line is cut."""
    lines = [""]
    for word in re.findall(r" *[^ ]+", paragraph.lstrip(" ")):
        if lines[-1] and display_width(lines[-1] + word) > columns:
            lines.append("")
            word = word.lstrip(" ")
        for character in word:
            if display_width(lines[-1] + character) > columns:
                lines.append("")
            lines[-1] += character
    return lines
