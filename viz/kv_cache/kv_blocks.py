"""The paged KV cache: its blocks, coloured by the request that holds them, and the block tables.

Source: Kwon et al. 2023 (PagedAttention), arXiv 2309.06180.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from viz.canvas.arrays import to_int
from viz.canvas.pages import (
    MARGIN,
    NARROW,
    WIDTH,
    phone_page_of,
    title_scene,
    words_scene,
)
from viz.canvas.picture import Picture
from viz.canvas.scene import hstack, vstack
from viz.canvas.ticks import format_percent
from viz.kv_cache.block_tables import BlockTables, read_tables
from viz.kv_cache.blocks_scene import pool_scene, request_colours, tables_scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POOL_WIDTH = 352.0


def draw_kv_blocks(
    tables: Mapping[str, Sequence[int]],
    *,
    num_blocks: int,
    block_size: int = 16,
    tokens: Mapping[str, int] | None = None,
    highlight: Mapping[int, str] | None = None,
    title: str = "",
    ax: "Axes | None" = None,
) -> Picture:
    """Draw the blocks of a KV cache, and beside them the block table of each request.

    A block is filled as far as it has tokens. A block of several requests is drawn once, with a
    stripe for each of them and their number.

    Args:
        tables: Request -> its blocks in the cache, in the order of its text.
        num_blocks: How many blocks the cache has.
        block_size: How many tokens a block holds.
        tokens: Request -> how many tokens are in its blocks; by default the blocks are full.
        highlight: Block -> what is to be known about it. It gets a ring.
        title: Title of the picture; by default it counts the blocks.
        ax: Axes of matplotlib to draw on.

    Returns:
        The picture. `.data` has `owners` (block -> requests), `used`, `free`, `shared`,
        `without_sharing` (blocks), `tokens`, `places` and `waste`. Or `ax`, if given.

    Raises:
        ValueError: If a block is not in the cache, or a request has more tokens than places.

    Example:
        >>> tables = {"A": [0, 2], "B": [0, 1]}
        >>> drawn = draw_kv_blocks(tables, num_blocks=4, tokens={"A": 20, "B": 17})
        >>> drawn.data["shared"], drawn.data["used"], drawn.data["tokens"]
        ([0], 3, 21)

    Source: Kwon et al. 2023, arXiv 2309.06180.
    """
    read = read_tables(tables, num_blocks, block_size, tokens)
    notes = {
        to_int(block, "highlight", 0, read.num_blocks - 1): str(words)
        for block, words in (highlight or {}).items()
    }
    heading = title or title_sentence(read)
    colours = request_colours(read)
    room = WIDTH - POOL_WIDTH - MARGIN
    body = hstack(pool_scene(read, colours, notes, POOL_WIDTH), tables_scene(read, colours, room))
    pool = pool_scene(read, colours, notes, NARROW)
    pool.height += 10
    stacked = [pool, tables_scene(read, colours, NARROW)]
    facts = facts_sentence(read)
    picture = Picture(
        read.summary(),
        alt_text(read, heading, notes),
        vstack(title_scene(heading), body, words_scene(facts, WIDTH)),
        narrow=phone_page_of(heading, [*stacked, words_scene(facts, NARROW)]),
    )
    return picture.draw_on(ax) if ax is not None else picture


def title_sentence(read: BlockTables) -> str:
    """How many blocks are held, and what sharing saves."""
    counts = read.summary()
    requests = "1 request" if len(read.tables) == 1 else f"{len(read.tables)} requests"
    sentence = f"{requests} in {counts['used']} of {read.num_blocks} blocks"
    if counts["shared"]:
        sentence += f", not {counts['without_sharing']}: what is shared is held once"
    return sentence


def facts_sentence(read: BlockTables) -> str:
    """Tokens, places, and what is not filled."""
    counts = read.summary()
    return (
        f"A block holds {read.block_size} tokens. {counts['tokens']:,} tokens in "
        f"{counts['places']:,} places: {format_percent(counts['waste'])} of what is held is empty. "
        f"Blocks without colour are free."
    )


def alt_text(read: BlockTables, heading: str, notes: Mapping[int, str]) -> str:
    """One sentence for each table, one for the facts, and one for each marked block."""
    parts = [
        f"{name} has {read.tokens[name]:,} tokens in {block_words(blocks)}"
        for name, blocks in list(read.tables.items())[:12]
    ]
    shared = [
        f"block {block} belongs to {' and '.join(names[:6])}"
        for block, names in read.owners.items()
        if len(names) > 1
    ][:8]
    marked = [f"block {block}: {words}" for block, words in notes.items()]
    return f"{'. '.join([heading, *parts, *shared, *marked, facts_sentence(read)])}"


def block_words(blocks: Sequence[int]) -> str:
    """The blocks of a request, in words."""
    if len(blocks) < 2:
        return f"block {blocks[0]}" if blocks else "no block"
    more = f" ... ({len(blocks)} blocks)" if len(blocks) > 24 else ""
    return f"the blocks {', '.join(map(str, blocks[:24]))}{more}"
