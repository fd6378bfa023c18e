"""Choose how many tokens a block of the KV cache holds: what is empty, and what is shared.

All of it is arithmetic on the lengths of texts.
"""

from collections.abc import Sequence
from typing import Any

from ipywidgets import Layout, SelectionSlider

from viz.canvas.arrays import to_int
from viz.canvas.control import Control
from viz.canvas.picture import Picture
from viz.canvas.ticks import format_percent
from viz.dials.frames import page_frames
from viz.kv_cache.block_size_scene import block_size_scene, narrow_block_size_scene
from viz.kv_cache.block_sizes import BlockCount, count_blocks

MOST_TEXTS = 10_000


class BlockSizeDial(Control):
    """A slider for the block size, over texts of which the beginning may be the same.

    Args:
        lengths: How many tokens each text has.
        prefix: How many tokens at the beginning are the same in all texts. Full blocks of them are
            held once.
        block_sizes: The block sizes to choose from.
        block_size: The first one.
        reserved: Places that each text would have if its longest possible form were reserved; the
            picture compares with it.

    Raises:
        ValueError: If a length is below 1, or the beginning is longer than a text.

    Example:
        >>> dial = BlockSizeDial([40, 20], prefix=16)
        >>> dial.block_size.value = 64
        >>> dial.picture().data["blocks"], dial.picture().data["shared"]
        (2, 0)
    """

    def __init__(
        self,
        lengths: Sequence[int],
        *,
        prefix: int = 0,
        block_sizes: Sequence[int] = (1, 2, 4, 8, 16, 32, 64, 128, 256),
        block_size: int = 16,
        reserved: int | None = None,
    ):
        self.lengths = read_lengths(lengths)
        self.prefix = to_int(prefix, "prefix", 0, min(self.lengths))
        longest = max(self.lengths)
        self.reserved = None if reserved is None else to_int(reserved, "reserved", longest)
        sizes = sorted({to_int(size, "block_sizes", 1) for size in block_sizes})
        if block_size not in sizes:
            raise ValueError(f"block_size={block_size!r} is not among {sizes}.")
        self.counts = [count_blocks(self.lengths, size, self.prefix) for size in sizes]
        self.block_size = SelectionSlider(
            options=sizes,
            value=block_size,
            description="tokens in a block",
            layout=Layout(width="420px"),
            style={"description_width": "130px"},
        )
        super().__init__([self.block_size], self.picture())
        self.block_size.observe(self.redraw, names="value")

    def page_dial(self) -> dict[str, Any] | None:
        """Its pictures for all values of the knobs, for a page without Python."""
        return page_frames(self, block_size=self.block_size)

    def picture(self) -> Picture:
        """The texts cut into blocks of the present size."""
        chosen = next(count for count in self.counts if count.block_size == self.block_size.value)
        title = title_sentence(chosen, self.prefix)
        facts = self.facts(chosen)
        data = {
            **vars(chosen),
            "places": chosen.places,
            "waste": chosen.waste,
            "waste_by_size": {count.block_size: count.waste for count in self.counts},
        }
        parts = title, self.lengths, chosen, self.counts, facts
        return Picture(
            data,
            f"{title}. {facts}",
            block_size_scene(*parts),
            narrow=narrow_block_size_scene(*parts),
        )

    def facts(self, chosen: BlockCount) -> str:
        """The counts in words.

        Args:
            chosen: The counts of the present block size.
        """
        texts = len(self.lengths)
        words = (
            f"{texts:,} texts, {sum(self.lengths):,} tokens: {chosen.blocks:,} blocks with "
            f"{chosen.places:,} places, {format_percent(chosen.waste)} of them empty."
        )
        if self.prefix:
            words += (
                f" Of {self.prefix} tokens that are the same in all texts, {chosen.shared} are "
                f"held once."
            )
        if self.reserved is not None:
            whole = texts * self.reserved
            words += (
                f" Reserved in one piece: {whole:,} places, "
                f"{format_percent(1 - sum(self.lengths) / whole)} of them empty."
            )
        return words


def read_lengths(lengths: object) -> list[int]:
    """Check the lengths."""
    row = lengths.tolist() if hasattr(lengths, "tolist") else lengths
    if not isinstance(row, Sequence) or isinstance(row, (str, bytes)):
        raise ValueError(f"lengths must be a list such as [40, 20], not {lengths!r:.60}.")
    if not 0 < len(row) <= MOST_TEXTS:
        raise ValueError(f"There are {len(row):,} lengths; give 1 to {MOST_TEXTS:,}.")
    return [to_int(length, f"lengths[{i}]", 1) for i, length in enumerate(row)]


def title_sentence(chosen: BlockCount, prefix: int) -> str:
    """What a block of that size wastes, and whether it is too large to share the beginning."""
    name = (
        "Blocks of 1 token" if chosen.block_size == 1 else f"Blocks of {chosen.block_size} tokens"
    )
    words = f"{name}: {format_percent(chosen.waste)} of the places are empty"
    if not prefix:
        return words
    if not chosen.shared:
        return f"{words}, nothing is shared"
    return f"{words}, {chosen.shared} of {prefix} tokens shared"
