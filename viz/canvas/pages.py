"""The sheet of a picture: a title above panels, for a wide page and for a phone."""

from collections.abc import Sequence

from viz.canvas.labels import title_width, truncate
from viz.canvas.palette import MUTED
from viz.canvas.scene import Scene, Text, hstack, vstack
from viz.canvas.wrapping import wrap_text

WIDTH, NARROW, MARGIN = 760.0, 358.0, 16.0
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


def phone_title_scene(title: str) -> Scene:
    """The title in several lines; an empty one has none."""
    scene = Scene(NARROW, 10)
    for line in wrap_text(title, 38, MAX_TITLE) if title else []:
        scene.height += 19
        scene.add(Text(MARGIN, scene.height, line, 14.5, weight="600"))
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


def capitalized(name: str, letters: int) -> str:
    """The name at the beginning of a sentence, at most so many letters of it."""
    return truncate(name[:1].upper() + name[1:], letters)
