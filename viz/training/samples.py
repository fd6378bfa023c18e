"""What a model writes, at several moments of its training: from noise to names.

Each moment is a column. A text that stands in the list it learned from bears a dot: remembered,
or invented again?
"""

from collections.abc import Collection, Mapping, Sequence

from viz.canvas.arrays import to_int, to_mapping
from viz.canvas.labels import truncate
from viz.canvas.palette import GOLD, INK, LINE, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Rect, Scene, Text

LONGEST = 17  # letters that fit into a column
MOST_ROWS = 40


def draw_samples(
    album: Mapping[int, Sequence[str]],
    known: Collection[str] = (),
    *,
    rows: int = 12,
    title: str = "",
    marked: str = "stands in the list",
    ax=None,
) -> Picture:
    """One column of texts for each step in `album`, those that are `known` marked with a dot.

    Raises:  ValueError for an album without texts.
    Example: draw_samples({0: ["qxv"], 100: ["mari", "anna"]}, known={"anna"})
    """
    to_mapping(album, "album", "{0: ['qxv'], 100: ['mari']}")
    rows = check(album, to_int(rows, "rows", 1))
    picture = samples_picture(album, set(known), rows, title, marked)
    return picture.draw_on(ax) if ax is not None else picture


def samples_picture(
    album: Mapping[int, Sequence[str]], known: set[str], rows: int, title: str, marked: str
) -> Picture:
    """The drawing; a moment may be without texts."""
    wide, row, top = 150, 20, 82 if title else 54
    scene = Scene(max(32 + wide * len(album), 9.2 * len(title) + 32, 330), top + row * rows + 34)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    for column, (step, texts) in enumerate(album.items()):
        x = 24.0 + wide * column
        scene.add(Text(x, top - 26, f"step {step:,}", 13, MUTED, weight="600"))
        scene.add(Rect(x, top - 18, wide - 20, 1, LINE))
        for i, text in enumerate(texts[:rows]):
            y = top + row * i
            shown = truncate(text.replace("\n", "↵"), LONGEST)
            if text in known:
                scene.add(Circle(x - 8, y - 4.5, 3.2, GOLD))
                scene.add(Text(x, y, shown, 13, GOLD, weight="600", mono=True))
            else:
                ink = INK if shown else MUTED
                scene.add(Text(x, y, shown or "(nothing)", 13, ink, mono=True))
    foot = scene.height - 18
    scene.add(Circle(20, foot - 4.5, 3.2, GOLD), Text(30, foot, marked, 12, MUTED))
    data = {step: list(texts[:rows]) for step, texts in album.items()}
    return Picture(data, describe(data, known, marked), scene)


def check(album: Mapping[int, Sequence[str]], rows: int) -> int:
    """How many rows there are to draw."""
    most = min(max(map(len, album.values()), default=0), MOST_ROWS)
    if most == 0:
        raise ValueError(
            f"The album has {len(album)} moments and no texts: give it as {{0: ['qxv'], 100: "
            f"['mari', 'anna']}}."
        )
    return min(rows, most)


def describe(data: Mapping[int, Sequence[str]], known: set[str], marked: str) -> str:
    """One sentence: what was written first and last, and how much of it stands in the list."""
    told = []
    for step, texts in data.items():
        found = sum(text in known for text in texts)
        told.append(
            f"step {step:,}: {', '.join(texts[:3])} ... ({found} of {len(texts)}: {marked})"
        )
    return f"Samples at {len(data)} moments; " + "; ".join(told) + "."
