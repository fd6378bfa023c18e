"""The two halves of the picture of a paged KV cache: the pool of blocks, and the block tables."""

from collections.abc import Mapping, Sequence
from math import ceil

from viz.canvas.labels import truncate
from viz.canvas.pages import MARGIN
from viz.canvas.palette import CATEGORIES, INK, LINE, MUTED, PAPER, VIOLET, WHITE, blend
from viz.canvas.scene import Rect, Scene, Text
from viz.canvas.wrapping import wrap_text
from viz.kv_cache.block_tables import BlockTables

HEAD = 22.0
MAX_BLOCKS, MAX_REQUESTS, MAX_BOXES = 256, 8, 30
LIGHT = 0.62  # how pale the colour of a request is, behind a number
BOX, INDEX, LABEL = 28.0, 13.0, 18.0  # of a block table: a box, the number above it, the name


def request_colours(read: BlockTables) -> dict[str, str]:
    """A colour for each request."""
    return {name: CATEGORIES[i % len(CATEGORIES)] for i, name in enumerate(read.tables)}


def pool_scene(
    read: BlockTables, colours: Mapping[str, str], notes: Mapping[int, str], width: float
) -> Scene:
    """All blocks of the cache in rows, and below them what is to be known about some."""
    shown = min(read.num_blocks, MAX_BLOCKS)
    columns = 8 if shown <= 64 else 16
    pitch = (width - 2 * MARGIN) / columns
    side = pitch - (5 if columns == 8 else 2)
    scene = Scene(width, HEAD + pitch * ceil(shown / columns))
    scene.add(Text(MARGIN, 14, "blocks of the cache", 12.5, MUTED, weight="600"))
    owners, filled = read.owners, read.filled
    for block in range(shown):
        x, y = MARGIN + pitch * (block % columns), HEAD + pitch * (block // columns)
        tints = [colours[name] for name in owners.get(block, [])]
        add_block(scene, x, y, side, block, tints, filled.get(block, 0) / read.block_size)
        if block in notes:
            scene.add(Rect(x - 2, y - 2, side + 4, side + 4, "none", VIOLET, 3, radius=5))
    for block, words in notes.items():
        for line in wrap_text(f"block {block}: {words}", int((width - 2 * MARGIN) / 6.9), 4):
            scene.add(Text(MARGIN, scene.height + 14, line, 12, VIOLET, weight="600"))
            scene.height += 16
    if shown < read.num_blocks:
        more = f"... and {read.num_blocks - shown:,} more blocks"
        scene.add(Text(MARGIN, scene.height + 14, more, 12, MUTED))
        scene.height += 18
    return scene


def add_block(
    scene: Scene, x: float, y: float, side: float, block: int, tints: Sequence[str], full: float
) -> None:
    """Add one block: a stripe for each of its requests, as long as it is full."""
    edge = LINE if not tints else tints[0] if len(tints) == 1 else INK
    if not tints:
        scene.add(Rect(x, y, side, side, WHITE, edge, radius=4))
    elif len(tints) == 1 and full == 1:
        scene.add(Rect(x, y, side, side, blend(edge, WHITE, LIGHT), edge, 1.6, radius=4))
    else:
        add_stripes(scene, x, y, side, tints, full)
        scene.add(Rect(x, y, side, side, "none", edge, 1.6, radius=4))
    size = min(12.5, side * 0.42)
    ink = INK if tints else MUTED
    scene.add(Text(x + side / 2, y + side / 2 + 0.36 * size, str(block), size, ink, "middle"))
    if len(tints) > 1 and side > BOX:
        scene.add(Rect(x + side - 17, y - 5, 21, 14, INK, PAPER, 1, radius=7))
        scene.add(
            Text(x + side - 6.5, y + 5.4, f"×{len(tints)}", 10, PAPER, "middle", weight="600")
        )


def add_stripes(
    scene: Scene, x: float, y: float, side: float, tints: Sequence[str], full: float
) -> None:
    """Add a square of stripes, filled from the left."""
    scene.add(Rect(x, y, side, side, WHITE, radius=4))
    height = side / len(tints)
    for i, colour in enumerate(tints):
        pale = blend(colour, WHITE, LIGHT)
        scene.add(Rect(x, y + height * i, side * full, height, pale, radius=3))


def tables_scene(read: BlockTables, colours: Mapping[str, str], width: float) -> Scene:
    """The block table of each request: the number of a block of the text, and its block below."""
    scene = Scene(width, HEAD)
    words = "block tables: block of the text, and its block"
    scene.add(Text(MARGIN, 14, words, 12.5, MUTED, weight="600"))
    for name, blocks in list(read.tables.items())[:MAX_REQUESTS]:
        add_table(scene, read, name, blocks, colours)
    if len(read.tables) > MAX_REQUESTS:
        more = f"... and {len(read.tables) - MAX_REQUESTS:,} more requests"
        scene.add(Text(MARGIN, scene.height + 14, more, 12, MUTED))
        scene.height += 20
    return scene


def add_table(
    scene: Scene, read: BlockTables, name: str, blocks: Sequence[int], colours: Mapping[str, str]
) -> None:
    """Add one table, in as many lines as it needs."""
    words = f"{read.tokens[name]:,} tokens"
    letters = int((scene.width - 2 * MARGIN - 24 - 7 * len(words)) / 7.6)
    y = scene.height + 13
    scene.add(Rect(MARGIN, y - 10.5, 12, 12, colours[name], radius=2))
    scene.add(Text(MARGIN + 18, y, truncate(name, letters), 13, weight="600"))
    scene.add(Text(scene.width - MARGIN, y, words, 12, MUTED, "end"))
    scene.height += LABEL
    columns = int((scene.width - 2 * MARGIN) / (BOX + 3))
    for i, block in enumerate(blocks[:MAX_BOXES]):
        x = MARGIN + (BOX + 3) * (i % columns)
        y = scene.height + (INDEX + BOX + 4) * (i // columns)
        scene.add(Text(x + BOX / 2, y + 10, str(i), 10, MUTED, "middle"))
        tints = [colours[owner] for owner in read.owners[block]]
        full = min(1.0, max(0.0, read.tokens[name] / read.block_size - i))
        add_block(scene, x, y + INDEX, BOX, block, tints, full)
    rows = ceil(min(len(blocks), MAX_BOXES) / columns)
    scene.height += (INDEX + BOX + 4) * rows + 8
    if len(blocks) > MAX_BOXES:
        scene.add(Text(MARGIN, scene.height + 4, f"... {len(blocks)} blocks in all", 12, MUTED))
        scene.height += 16
