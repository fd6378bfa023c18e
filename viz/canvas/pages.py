"""The sheet of a picture: a title above panels, for a wide page and for a phone."""

from collections.abc import Sequence
from dataclasses import replace

from viz.canvas.labels import title_width, truncate
from viz.canvas.palette import INK, MUTED
from viz.canvas.scene import Scene, Text, hstack, vstack
from viz.canvas.wrapping import wrap_text

WIDTH, NARROW, MARGIN = 760.0, 358.0, 16.0
LETTER, BOLD_LETTER, MONO_LETTER = 0.56, 0.62, 0.61  # width of a letter, of the size of its text
MAX_TITLE, MAX_LINES = 5, 6  # lines of a title on a phone, and of a remark


def page_of(title: str, panels: Sequence[Scene]) -> Scene:
    """The panels beside each other below a title, with their lower sides level."""
    lowest = max(panel.height for panel in panels)
    level = [vstack(Scene(panel.width, lowest - panel.height), panel) for panel in panels]
    return vstack(title_scene(title), hstack(*level))


def phone_page_of(title: str, panels: Sequence[Scene]) -> Scene:
    """The panels below each other, with a title in several lines."""
    return vstack(phone_title_scene(title), *panels)


def title_scene(title: str) -> Scene:
    """The title in one line, as wide as it needs."""
    scene = Scene(max(WIDTH, title_width(title)), 34)
    scene.add(Text(MARGIN, 25, title, 15, weight="600"))
    return scene


def phone_title_scene(title: str, colour: str = INK) -> Scene:
    """The title in several lines; an empty one has none."""
    scene = Scene(NARROW, 10)
    for line in wrap_text(title, 38, MAX_TITLE) if title else []:
        scene.height += 19
        scene.add(Text(MARGIN, scene.height, line, 14.5, colour, weight="600"))
    scene.height += 8
    return scene


def words_scene(words: str, width: float, colour: str = MUTED) -> Scene:
    """A remark in as many lines as it needs."""
    scene = Scene(width, 6)
    for line in wrap_text(words, int((width - 2 * MARGIN) / 6.4), MAX_LINES):
        scene.add(Text(MARGIN, scene.height + 12, line, 12, colour))
        scene.height += 16
    scene.height += 8
    return scene


def wrapped(text: Text, width: float, row: float = 16.0, most: int = MAX_LINES) -> list[Text]:
    """One text as several, below each other, each at most so wide.

    Args:
        text: The text; it begins where the first line does.
        width: Pixels of a line.
        row: Pixels from one line to the next.
        most: How many lines there may be.
    """
    letter = MONO_LETTER if text.mono else LETTER if text.weight == "normal" else BOLD_LETTER
    lines = wrap_text(text.text, max(int(width / (letter * text.size)), 1), most)
    return [replace(text, y=text.y + row * i, text=line) for i, line in enumerate(lines)]


def heading_scene(title: str, width: float, height: float = 36.0) -> Scene:
    """The title: in one line above a wide picture, in several on a phone.

    Args:
        title: The title; without one the scene is low.
        width: Of the picture, in pixels.
        height: In pixels, of a title in one line.
    """
    if not title:
        return Scene(width, 8)
    if width <= NARROW:
        return phone_title_scene(title)
    return Scene(
        max(width, title_width(title)), height, [Text(MARGIN, 25, title, 15, weight="600")]
    )


def capitalized(name: str, letters: int) -> str:
    """The name at the beginning of a sentence, at most so many letters of it."""
    return truncate(name[:1].upper() + name[1:], letters)
