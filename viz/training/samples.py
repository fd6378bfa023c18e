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

MAX_LETTERS = 17  # letters that fit into a column
MAX_ROWS = 40


def draw_samples(
    samples: Mapping[int, Sequence[str]],
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
    to_mapping(samples, "samples", "{0: ['qxv'], 100: ['mari']}")
    rows = count_rows(samples, to_int(rows, "rows", 1))
    picture = samples_picture(samples, set(known), rows, title, marked)
    return picture.draw_on(ax) if ax is not None else picture


def samples_picture(
    samples: Mapping[int, Sequence[str]], known: set[str], rows: int, title: str, marked: str
) -> Picture:
    """The drawing; a moment may be without texts."""
    column_width, row_height, top = 150, 20, 82 if title else 54
    scene = Scene(
        max(32 + column_width * len(samples), 9.2 * len(title) + 32, 330),
        top + row_height * rows + 34,
    )
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    for column, (step, texts) in enumerate(samples.items()):
        x = 24.0 + column_width * column
        scene.add(Text(x, top - 26, f"step {step:,}", 13, MUTED, weight="600"))
        scene.add(Rect(x, top - 18, column_width - 20, 1, LINE))
        for i, text in enumerate(texts[:rows]):
            y = top + row_height * i
            shown = truncate(text.replace("\n", "↵"), MAX_LETTERS)
            if text in known:
                scene.add(Circle(x - 8, y - 4.5, 3.2, GOLD))
                scene.add(Text(x, y, shown, 13, GOLD, weight="600", mono=True))
            else:
                colour = INK if shown else MUTED
                scene.add(Text(x, y, shown or "(nothing)", 13, colour, mono=True))
    bottom = scene.height - 18
    scene.add(Circle(20, bottom - 4.5, 3.2, GOLD), Text(30, bottom, marked, 12, MUTED))
    data = {step: list(texts[:rows]) for step, texts in samples.items()}
    return Picture(data, alt_text(data, known, marked), scene)


def count_rows(samples: Mapping[int, Sequence[str]], rows: int) -> int:
    """How many rows there are to draw."""
    most = min(max(map(len, samples.values()), default=0), MAX_ROWS)
    if most == 0:
        raise ValueError(
            f"samples has {len(samples)} steps and no texts: give it as {{0: ['qxv'], 100: "
            f"['mari', 'anna']}}."
        )
    return min(rows, most)


def alt_text(data: Mapping[int, Sequence[str]], known: set[str], marked: str) -> str:
    """One sentence: what was written first and last, and how much of it stands in the list."""
    parts = []
    for step, texts in data.items():
        n_known = sum(text in known for text in texts)
        parts.append(
            f"step {step:,}: {', '.join(texts[:3])} ... ({n_known} of {len(texts)}: {marked})"
        )
    return f"Samples at {len(data)} moments; " + "; ".join(parts) + "."
