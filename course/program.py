"""A program on one page; the colour of a line is the lesson that explains it.

It is HTML with inline styles, so it is also coloured in a notebook that JupyterLab does not trust,
where scripts and style sheets are removed. A number beside a line and a text on hover name its
lesson.
"""

from collections.abc import Mapping, Sequence
from html import escape

from viz.canvas.palette import INK, PAPER, TINTS
from viz.canvas.picture import ADAPTS, DARK_STYLE, Picture

# A long line goes on below, further to the right.
LINE_STYLE = (
    "white-space: pre-wrap; overflow-wrap: anywhere; padding: 0 3px 0 7px; text-indent: -4px; "
    "min-height: 1.35em"
)
LETTERS = "font-size: 9px; font-size: clamp(9px, 12.2px - 0.45vw, 10.5px)"  # larger on a phone
EXTRA = 2  # characters beside the longest line: its padding


def draw_program(
    lines: Sequence[str],
    lessons: Sequence[int],
    titles: Mapping[int, str],
    *,
    columns: int = 3,
    title: str = "",
) -> Picture:
    """Draw the lines in columns, each on the colour of its lesson, with a legend above.

    A column is as wide as the longest line; a narrow page has fewer than `columns` of them.
    `lessons` has one number for each line, `titles` a title for each number.
    Raises:  ValueError if a line has no lesson, or a lesson no title.
    Example: draw_program(["x = 1", "print(x)"], [0, 1], {0: "numbers", 1: "printing"})
    """
    if len(lines) != len(lessons) or not lines:
        raise ValueError(
            f"{len(lines)} lines and {len(lessons)} lessons: give one lesson for each line, and "
            f"at least one line."
        )
    if columns < 1:
        raise ValueError(f"columns={columns} must be 1 or more.")
    untitled = sorted(set(lessons) - set(titles))
    if untitled:
        raise ValueError(f"Lesson {untitled[0]} has no title; titles has {sorted(titles)}.")
    rows = "".join(line_of(line, lesson, titles) for line, lesson in zip(lines, lessons))
    width = max(map(len, lines)) + EXTRA
    used = sorted(set(lessons))
    key = " ".join(badge(n, titles[n]) for n in used)
    head = (
        f'<div style="font-size: 15px; font-weight: 600; margin-bottom: 6px">{escape(title)}</div>'
        if title
        else ""
    )
    html = (
        f'<div class="{ADAPTS}" style="background-color: {PAPER}; color: {INK}; padding: 12px; '
        f'border-radius: 6px">{head}'
        f'<div style="margin-bottom: 8px; font-size: 12px; line-height: 1.9">{key}</div>'
        f'<div style="columns: {width}ch {columns}; column-gap: 8px; '
        f'font-family: monospace; {LETTERS}; line-height: 1.35">{rows}</div></div>{DARK_STYLE}'
    )
    counts = ", ".join(f"lesson {n} explains {list(lessons).count(n)}" for n in used)
    return Picture(
        {"lines": list(lines), "lessons": list(lessons)},
        f"A program of {len(lines)} lines on one page; {counts}.",
        html=html,
    )


def line_of(line: str, lesson: int, titles: Mapping[int, str]) -> str:
    colour = TINTS[lesson % len(TINTS)]
    message = escape(f"lesson {lesson}: {titles[lesson]}")
    return (
        f'<div title="{message}" style="background-color: {colour}; color: {INK}; '
        f'{LINE_STYLE}">{escape(line) or " "}</div>'
    )


def badge(lesson: int, title: str) -> str:
    colour = TINTS[lesson % len(TINTS)]
    return (
        f'<span style="background-color: {colour}; color: {INK}; padding: 2px 7px; '
        f'border-radius: 9px; display: inline-block; line-height: 1.3">'
        f"<b>{lesson}</b> {escape(title)}</span>"
    )
