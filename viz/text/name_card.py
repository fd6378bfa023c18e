"""A card of generated names, in the proportions of a link preview: a picture to save and to show.

Names that the training data has are marked, so that the card does not call a copy an invention.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from viz.canvas.labels import printable, truncate
from viz.canvas.pages import MARGIN as PHONE_MARGIN
from viz.canvas.pages import NARROW, wrapped
from viz.canvas.palette import BLUE, GOLD, GREEN, INK, LINE, MUTED, ORANGE, PURPLE, SLATE
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH, HEIGHT = 720, 378  # 1.905 to 1, as a link preview is
COLUMNS, MAX_NAMES = 3, 15
MARGIN, TOP, BOTTOM = 40, 84, 52
MAX_LETTERS, NARROW_LETTERS, MAX_TITLE = 14, 13, 46
BAND = (BLUE, ORANGE, GREEN, PURPLE, SLATE)  # not the gold of a mark


def draw_name_card(
    names: Sequence[str],
    title: str = "",
    *,
    known: Collection[str] = (),
    note: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw names in three columns on a card of 720 x 378 pixels.

    Args:
        names: 1 to 15 names. Empty ones are left out.
        title: What the names are.
        known: Names of the training data; among `names` they get a dot.
        note: A line at the bottom, such as what made the names.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture, with the names that are drawn and those of them that are known in `.data`; or
        `ax`, if given.

    Raises:
        ValueError: If there is no name, or more than 15.

    Example:
        >>> draw_name_card(["mira", "anna"], "New names", known=["anna"])
        Picture: New names: mira, anna. In the training data: anna.
    """
    shown = check_names(names)
    copies = [name for name in shown if name in set(known)]
    picture = Picture(
        {"names": shown, "known": copies},
        alt_text(shown, copies, title),
        card_scene(shown, set(copies), title, note),
        narrow=narrow_scene(shown, set(copies), title, note),
    )
    return picture.draw_on(ax) if ax is not None else picture


def check_names(names: Sequence[str]) -> list[str]:
    if isinstance(names, str):
        raise ValueError(f"names must be a list of names, such as ['mira'], not {names!r:.40}.")
    shown = [printable(str(name)) for name in names if str(name).strip()]
    if not 1 <= len(shown) <= MAX_NAMES:
        raise ValueError(f"A card has 1 to {MAX_NAMES} names; got {len(shown)} that are not empty.")
    return shown


def card_scene(names: list[str], copies: set[str], title: str, note: str) -> Scene:
    scene = Scene(WIDTH, HEIGHT)
    for i, colour in enumerate(BAND):
        scene.add(Rect(WIDTH / len(BAND) * i, 0, WIDTH / len(BAND), 8, colour))
    scene.add(Text(MARGIN, 52, truncate(title, MAX_TITLE), 24, INK, weight="600"))
    columns = min(COLUMNS, len(names))
    rows = -(-len(names) // columns)
    row_height = (HEIGHT - TOP - BOTTOM) / rows
    column_width = (WIDTH - 2 * MARGIN) / columns
    for i, name in enumerate(names):
        x = MARGIN + column_width * (i // rows)
        y = TOP + row_height * (i % rows + 0.5)
        if name in copies:
            scene.add(Circle(x - 13, y, 4, GOLD))
        ink = GOLD if name in copies else INK
        scene.add(Text(x, y + 8, truncate(name, MAX_LETTERS), 24, ink, mono=True))
    scene.add(Rect(MARGIN, HEIGHT - 46, WIDTH - 2 * MARGIN, 1, LINE))
    scene.add(Text(MARGIN, HEIGHT - 20, note, 13, MUTED))
    if copies:
        right = WIDTH - MARGIN
        scene.add(Text(right, HEIGHT - 20, "in the training data", 13, GOLD, "end"))
        scene.add(Circle(right - 138, HEIGHT - 24.5, 4, GOLD))
    return scene


def narrow_scene(names: list[str], copies: set[str], title: str, note: str) -> Scene:
    """The card for a phone: two columns, and what is at the bottom in lines of its own."""
    scene, width = Scene(NARROW, 0), NARROW - 2 * PHONE_MARGIN
    for i, colour in enumerate(BAND):
        scene.add(Rect(NARROW / len(BAND) * i, 0, NARROW / len(BAND), 8, colour))
    heading = wrapped(
        Text(PHONE_MARGIN, 38, truncate(title, MAX_TITLE), 18, weight="600"), width, 23
    )
    scene.add(*heading)
    y, columns = heading[-1].y + 40, min(2, len(names))
    rows = -(-len(names) // columns)
    for i, name in enumerate(names):
        x, line = PHONE_MARGIN + 14 + width / columns * (i // rows), y + 34 * (i % rows)
        if name in copies:
            scene.add(Circle(x - 10, line - 6, 4, GOLD))
        ink = GOLD if name in copies else INK
        scene.add(Text(x, line, truncate(name, NARROW_LETTERS), 17, ink, mono=True))
    y += 34 * (rows - 1) + 22
    scene.add(Rect(PHONE_MARGIN, y, width, 1, LINE))
    if copies:
        y += 20
        scene.add(Circle(PHONE_MARGIN + 4, y - 4.5, 4, GOLD))
        scene.add(Text(PHONE_MARGIN + 14, y, "in the training data", 13, GOLD))
    lines = wrapped(Text(PHONE_MARGIN, y + 20, note, 13, MUTED), width, 17) if note else []
    scene.add(*lines)
    scene.height = y + 17 * len(lines) + 16
    return scene


def alt_text(names: list[str], copies: list[str], title: str) -> str:
    known = f" In the training data: {', '.join(copies)}." if copies else ""
    return f"{title or 'A card'}: {', '.join(names)}.{known}"
