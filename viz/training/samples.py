"""Samples of a model at several steps of its training, one column for each step."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int, to_mapping
from viz.canvas.labels import title_width, truncate
from viz.canvas.pages import MARGIN, NARROW, heading_scene, wrapped
from viz.canvas.palette import GOLD, INK, LINE, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Circle, Rect, Scene, Text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MAX_LETTERS = 17  # in a column
MAX_ROWS = 40
COLUMN_WIDTH, ROW_HEIGHT, NARROW_COLUMN = 150, 20, 164  # pixels


def draw_samples(
    samples: Mapping[int, Sequence[str]],
    known: Collection[str] = (),
    *,
    rows: int = 12,
    title: str = "",
    known_label: str = "is in the list",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw a column of samples for each step. The known ones get a dot.

    Args:
        samples: Texts by the step of training at which they were sampled.
        known: Texts that get a dot, such as those of the training data.
        rows: Number of samples in a column, at most 40.
        title: Title of the picture.
        known_label: What it means to be known, for the legend.
        ax: matplotlib's Axes to draw on instead; they are returned.

    Returns:
        The picture; `.data` has the texts that are drawn, by their step.

    Raises:
        ValueError: If there are no texts.

    Example:
        >>> draw_samples({0: ["qxv"], 100: ["mari", "anna"]}, known={"anna"}, rows=1).data
        {0: ['qxv'], 100: ['mari']}
    """
    to_mapping(samples, "samples", "{0: ['qxv'], 100: ['mari']}")
    rows = count_rows(samples, to_int(rows, "rows", 1))
    picture = samples_picture(samples, set(known), rows, title, known_label)
    return picture.draw_on(ax) if ax is not None else picture


def samples_picture(
    samples: Mapping[int, Sequence[str]], known: set[str], rows: int, title: str, known_label: str
) -> Picture:
    """Draw samples that have been checked. A step may have no texts."""
    column_width, row_height, top = COLUMN_WIDTH, ROW_HEIGHT, 82 if title else 54
    width = max(32 + column_width * len(samples), title_width(title), 330)
    scene = Scene(width, top + row_height * rows + 34)
    if title:
        scene.add(Text(16, 25, title, 15, weight="600"))
    for column, (step, texts) in enumerate(samples.items()):
        add_column(scene, 24.0 + column_width * column, top, step, texts[:rows], known)
    bottom = scene.height - 18
    scene.add(Circle(20, bottom - 4.5, 3.2, GOLD), Text(30, bottom, known_label, 12, MUTED))
    data = {step: list(texts[:rows]) for step, texts in samples.items()}
    narrow = narrow_scene(data, known, title, known_label)
    return Picture(data, alt_text(data, known, known_label), scene, narrow=narrow)


def add_column(
    scene: Scene, x: float, top: float, step: int, texts: Sequence[str], known: set[str]
) -> None:
    """Add the samples of one step; `top` is the baseline of the first."""
    scene.add(Text(x, top - 26, f"step {step:,}", 13, MUTED, weight="600"))
    scene.add(Rect(x, top - 18, COLUMN_WIDTH - 20, 1, LINE))
    for i, text in enumerate(texts):
        y = top + ROW_HEIGHT * i
        shown = truncate(text.replace("\n", "↵"), MAX_LETTERS)
        if text in known:
            scene.add(Circle(x - 8, y - 4.5, 3.2, GOLD))
            scene.add(Text(x, y, shown, 13, GOLD, weight="600", mono=True))
        else:
            colour = INK if shown else MUTED
            scene.add(Text(x, y, shown or "(nothing)", 13, colour, mono=True))


def narrow_scene(
    samples: Mapping[int, Sequence[str]], known: set[str], title: str, known_label: str
) -> Scene:
    """The picture for a phone: two columns beside each other, the other steps below them."""
    scene, steps = heading_scene(title, NARROW), list(samples)
    for i in range(0, len(steps), 2):
        pair = steps[i : i + 2]
        for column, step in enumerate(pair):
            x = MARGIN + 12 + (NARROW_COLUMN) * column
            add_column(scene, x, scene.height + 42, step, samples[step], known)
        scene.height += 32 + ROW_HEIGHT * max(len(samples[step]) for step in pair)
    lines = wrapped(Text(30, scene.height + 24, known_label, 12, MUTED), NARROW - 46)
    scene.add(Circle(20, scene.height + 19.5, 3.2, GOLD), *lines)
    scene.height = lines[-1].y + 14
    return scene


def count_rows(samples: Mapping[int, Sequence[str]], rows: int) -> int:
    """The number of rows to draw, at most `rows`. Raises: ValueError if there are no texts."""
    for step, texts in samples.items():
        if isinstance(texts, str) or not (
            isinstance(texts, Sequence) and all(isinstance(text, str) for text in texts)
        ):
            raise ValueError(f"The samples of step {step} must be a list of texts: {texts!r:.60}.")
    longest = max(map(len, samples.values()), default=0)
    if longest == 0:
        raise ValueError(
            f"samples has {len(samples)} steps and no texts: give it as {{0: ['qxv'], 100: "
            f"['mari', 'anna']}}."
        )
    return min(rows, longest, MAX_ROWS)


def alt_text(data: Mapping[int, Sequence[str]], known: set[str], known_label: str) -> str:
    """One sentence: the first samples of each step, and how many of its samples are known."""
    parts = []
    for step, texts in data.items():
        n_known = sum(text in known for text in texts)
        parts.append(
            f"step {step:,}: {', '.join(texts[:3])} ... ({n_known} of {len(texts)}: {known_label})"
        )
    return f"Samples at {len(data)} steps; " + "; ".join(parts) + "."
