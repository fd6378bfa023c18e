"""Texts as strips of blocks for one block size, and the places that all block sizes hold."""

from collections.abc import Sequence

from viz.canvas.pages import MARGIN, NARROW, WIDTH, phone_page_of, title_scene, words_scene
from viz.canvas.palette import BLUE, GREEN, INK, MUTED, PAPER, WHITE, blend
from viz.canvas.scene import Line, Rect, Scene, Text, hstack, vstack
from viz.canvas.ticks import format_percent
from viz.kv_cache.block_sizes import BlockCount
from viz.serving.hatching import add_hatched

STRIP, STRIP_GAP, MAX_STRIPS = 17.0, 4.0, 8
STRIPS_WIDTH, COLUMNS_HEIGHT = 430.0, 168.0
FILLED, SHARED = blend(BLUE, WHITE, 0.55), blend(GREEN, WHITE, 0.45)
MIN_BORDER = 4.0  # pixels of a block whose borders are drawn


def block_size_scene(
    title: str, lengths: Sequence[int], chosen: BlockCount, counts: Sequence[BlockCount], facts: str
) -> Scene:
    """Strips to the left, columns to the right."""
    head = title_scene(title)
    most = max(counts, key=lambda count: count.block_size)
    body = hstack(
        strips_scene(lengths, chosen, most.block_size, STRIPS_WIDTH),
        columns_scene(counts, chosen, WIDTH - STRIPS_WIDTH),
    )
    return vstack(head, body, words_scene(facts, head.width, INK))


def narrow_block_size_scene(
    title: str, lengths: Sequence[int], chosen: BlockCount, counts: Sequence[BlockCount], facts: str
) -> Scene:
    """Columns below the strips."""
    most = max(counts, key=lambda count: count.block_size)
    strips = strips_scene(lengths, chosen, most.block_size, NARROW)
    columns = columns_scene(counts, chosen, NARROW)
    return phone_page_of(title, [strips, columns, words_scene(facts, NARROW, INK)])


def strips_scene(lengths: Sequence[int], chosen: BlockCount, largest: int, width: float) -> Scene:
    """The first texts, each a strip that is cut into blocks."""
    scene = Scene(width, 24)
    words = f"texts in blocks of {chosen.block_size}"
    scene.add(Text(MARGIN, 16, words, 12.5, MUTED, weight="600"))
    shown = lengths[:MAX_STRIPS]
    scale = (width - 2 * MARGIN) / max(-(-length // largest) * largest for length in shown)
    for i, length in enumerate(shown):
        add_strip(scene, scene.height, length, chosen, scale, is_first=i == 0)
        scene.height += STRIP + STRIP_GAP
    if len(lengths) > MAX_STRIPS:
        more = f"... and {len(lengths) - MAX_STRIPS:,} more texts"
        scene.add(Text(MARGIN, scene.height + 13, more, 12, MUTED))
    scene.height += 22
    return scene


def add_strip(
    scene: Scene, y: float, length: int, chosen: BlockCount, scale: float, is_first: bool
) -> None:
    """Add one text: shared green, the rest blue, the empty end of its last block hatched."""
    size, shared = chosen.block_size, chosen.shared
    blocks = -(-length // size)
    if shared:
        fill = SHARED if is_first else PAPER
        scene.add(Rect(MARGIN, y, shared * scale, STRIP, fill, GREEN, 0.8))
    scene.add(Rect(MARGIN + shared * scale, y, (length - shared) * scale, STRIP, FILLED))
    if blocks * size > length:
        empty = (blocks * size - length) * scale
        add_hatched(scene, MARGIN + length * scale, y, empty, STRIP)
    if size * scale >= MIN_BORDER:
        for edge in range(size if is_first else shared + size, blocks * size, size):
            x = MARGIN + edge * scale
            scene.add(Line(((x, y), (x, y + STRIP)), PAPER, 1.3))
    if shared and not is_first and shared * scale > 70:
        words = "held by the first"
        scene.add(Text(MARGIN + 5, y + 12.5, words, 10.5, MUTED))


def columns_scene(counts: Sequence[BlockCount], chosen: BlockCount, width: float) -> Scene:
    """A column of places for each block size: what is filled, and what is empty above it."""
    scene = Scene(width, 24 + 18 + COLUMNS_HEIGHT + 46)
    scene.add(
        Text(MARGIN, 16, "places held, and the share that is empty", 12.5, MUTED, weight="600")
    )
    bottom, most = 42 + COLUMNS_HEIGHT, max(count.places for count in counts)
    column = (width - 2 * MARGIN) / len(counts)
    for i, count in enumerate(counts):
        x, is_chosen = MARGIN + column * i, count.block_size == chosen.block_size
        filled = COLUMNS_HEIGHT * count.tokens / most
        empty = COLUMNS_HEIGHT * count.places / most - filled
        scene.add(Rect(x + 2, bottom - filled, column - 4, filled, FILLED))
        if empty > 0.5:
            add_hatched(scene, x + 2, bottom - filled - empty, column - 4, empty)
        if is_chosen:
            around = (x, bottom - filled - empty - 2, column, filled + empty + 4)
            scene.add(Rect(*around, "none", INK, 2, radius=3))
        ink, weight = (INK, "600") if is_chosen else (MUTED, "normal")
        words = format_percent(count.waste).replace(" ", "")
        y = bottom - filled - empty - 7
        scene.add(Text(x + column / 2, y, words, 10, ink, "middle", weight))
        name = f"{count.block_size}"
        scene.add(Text(x + column / 2, bottom + 17, name, 11, ink, "middle", weight))
    scene.add(Text(width / 2, bottom + 35, "tokens in a block", 12, MUTED, "middle"))
    return scene
