"""The still twin of `BudgetDial`: the memory of a GPU, and a table of facts below it."""

from collections.abc import Mapping
from textwrap import wrap

from viz.canvas.labels import truncate
from viz.canvas.pages import NARROW
from viz.canvas.palette import FAINT, INK, MUTED
from viz.canvas.picture import Picture
from viz.canvas.scene import Rect, Scene, Text, vstack
from viz.hardware.memory import MARGIN, WIDTH, draw_memory

ROW_HEIGHT, LINE_HEIGHT, NAME_WIDTH = 22, 16, 190
MAX_LETTERS, NARROW_LETTERS = 74, 44  # in a line


def draw_budget(
    memory: Mapping[str, float],
    capacity: float,
    facts: Mapping[str, str],
    *,
    name: str = "",
    title: str = "",
) -> Picture:
    """Draw a bar of memory and a table of facts.

    Args:
        memory: Parts of the memory, part -> bytes.
        capacity: Bytes of the GPU.
        facts: Rows of the table, name -> text.
        name: Name of the bar.
        title: Title of the picture.

    Returns:
        The picture; `.data` has "bars", "totals", "capacity" and "facts".

    Raises:
        ValueError: If a size is not a number of bytes.
    """
    bar = draw_memory({name: memory}, capacity=capacity, title=title)
    assert bar.scene is not None
    scenes = [vstack(bar.scene, table_scene(facts, WIDTH), gap=6)]
    if bar.narrow is not None:
        scenes.append(vstack(bar.narrow, table_scene(facts, NARROW), gap=6))
    summary = "; ".join(f"{fact} {words}" for fact, words in facts.items())
    alt = f"{bar.alt} {summary}." if summary else bar.alt
    return Picture(bar.data | {"facts": dict(facts)}, alt, scenes[0], narrow=scenes[-1])


def table_scene(facts: Mapping[str, str], width: float) -> Scene:
    """The table."""
    table = Scene(width, 0)
    for fact, words in facts.items():
        add_fact(table, str(fact), str(words))
    table.height += 10
    return table


def add_fact(table: Scene, fact: str, words: str) -> None:
    """Add one row to the table, with several lines if the text is long."""
    y = table.height
    table.add(Rect(MARGIN, y, table.width - 2 * MARGIN, 1, FAINT))
    table.add(Text(MARGIN, y + 16, truncate(fact, 30), 12.5, MUTED))
    if table.width <= NARROW:  # below the fact, because both do not fit into a line
        lines = wrap(words, NARROW_LETTERS)
        y += LINE_HEIGHT
        for k, line in enumerate(lines):
            table.add(Text(MARGIN, y + 16 + LINE_HEIGHT * k, line, 12.5, INK))
        table.height += ROW_HEIGHT + LINE_HEIGHT * len(lines)
        return
    lines = wrap(words, MAX_LETTERS) or [""]
    for k, line in enumerate(lines):
        table.add(Text(MARGIN + NAME_WIDTH, y + 16 + LINE_HEIGHT * k, line, 12.5, INK))
    table.height += ROW_HEIGHT + LINE_HEIGHT * (len(lines) - 1)
