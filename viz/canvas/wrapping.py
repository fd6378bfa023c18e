"""A text in the few lines of a card: wrapped between words, invisible parts visible, truncated.

The width of a line is counted in characters of a monospaced font.
"""

import re

from viz.canvas.visible_text import display_width, visible_character

LINE_END, ELLIPSIS = "↵", "…"


def wrap_text(text: str, columns: int, max_lines: int) -> list[str]:
    """Break a text into lines.

    Args:
        text: The text.
        columns: Width of a line, in characters.
        max_lines: How many lines there may be.

    Returns:
        The lines; "…" at the end says that something follows.
    """
    room = 2 * columns * max_lines + columns  # nothing after that can be shown
    lines: list[str] = []
    for paragraph in mark_line_ends(text[:room]).split("\n"):
        lines += wrap_paragraph(paragraph, columns)
    lines = lines[:-1] if lines[-1] == "" and len(lines) > 1 else lines
    if len(lines) <= max_lines and len(text) <= room:
        return lines
    last = lines[:max_lines][-1]
    while display_width(last + ELLIPSIS) > columns:
        last = last[:-1]
    return [*lines[: min(max_lines, len(lines)) - 1], last + ELLIPSIS]


def mark_line_ends(text: str) -> str:
    """The text with a sign before every line end, and codes for invisible characters."""
    visible = "".join(
        c if c in " \n" else visible_character(c, single=False)
        for c in re.sub("[\ud800-\udfff]", "\ufffd", text)
    )
    return re.sub("\n+", lambda ends: LINE_END * len(ends[0]) + "\n", visible)


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
