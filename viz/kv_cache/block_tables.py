"""The block tables of requests, checked: which request holds which blocks, and how full they are.

A block table gives, for each block of a text, its block in the cache.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from viz.canvas.arrays import to_int, to_mapping

EXAMPLE = "{'A': [0, 2], 'B': [0, 1]}"


@dataclass(frozen=True)
class BlockTables:
    """Who holds what.

    Attributes:
        tables: Request -> its blocks, in the order of its text.
        num_blocks: Blocks in the cache.
        block_size: Tokens that a block has room for.
        tokens: Request -> tokens with keys and values.
    """

    tables: dict[str, list[int]]
    num_blocks: int
    block_size: int
    tokens: dict[str, int]

    @property
    def owners(self) -> dict[int, list[str]]:
        """Block -> the requests that hold it, for every block that someone holds."""
        owners: dict[int, list[str]] = {}
        for name, blocks in self.tables.items():
            for block in blocks:
                owners.setdefault(block, []).append(name)
        return dict(sorted(owners.items()))

    @property
    def filled(self) -> dict[int, int]:
        """Block -> how many tokens are in it."""
        filled: dict[int, int] = {}
        for name, blocks in self.tables.items():
            for i, block in enumerate(blocks):
                count = min(self.block_size, max(0, self.tokens[name] - i * self.block_size))
                filled[block] = max(filled.get(block, 0), count)
        return filled

    def summary(self) -> dict[str, Any]:
        """The counts that a picture shows."""
        owners, filled = self.owners, self.filled
        places = len(owners) * self.block_size
        return {
            "owners": owners,
            "used": len(owners),
            "free": self.num_blocks - len(owners),
            "shared": [block for block, names in owners.items() if len(names) > 1],
            "without_sharing": sum(map(len, self.tables.values())),
            "tokens": sum(filled.values()),
            "places": places,
            "waste": 1 - sum(filled.values()) / places if places else 0.0,
        }


def read_tables(
    tables: object, num_blocks: int, block_size: int, tokens: Mapping[str, int] | None
) -> BlockTables:
    """Check all tables, and take them as full where `tokens` is None."""
    given = to_mapping(tables, "tables", EXAMPLE)
    num_blocks = to_int(num_blocks, "num_blocks", 1)
    block_size = to_int(block_size, "block_size", 1)
    checked = {str(name): read_table(str(name), table, num_blocks) for name, table in given.items()}
    if tokens is None:
        counts = {name: len(table) * block_size for name, table in checked.items()}
        return BlockTables(checked, num_blocks, block_size, counts)
    given_counts = {str(k): v for k, v in to_mapping(tokens, "tokens", "{'A': 20}").items()}
    if set(given_counts) != set(checked):
        raise ValueError(
            f"tables and tokens must have the same requests, not {', '.join(checked) or 'none'} "
            f"and {', '.join(given_counts) or 'none'}."
        )
    counts = {}
    for name, table in checked.items():
        counts[name] = to_int(given_counts[name], f"tokens of {name!r}", 0)
        if counts[name] > len(table) * block_size:
            raise ValueError(
                f"{name!r} has {counts[name]} tokens, but its {len(table)} blocks of {block_size} "
                f"hold {len(table) * block_size}: give it {-(-counts[name] // block_size)} blocks."
            )
    return BlockTables(checked, num_blocks, block_size, counts)


def read_table(name: str, table: Any, num_blocks: int) -> list[int]:
    """The blocks of one request."""
    row = table.tolist() if hasattr(table, "tolist") else table
    if not isinstance(row, Sequence) or isinstance(row, (str, bytes)):
        raise ValueError(f"The table of {name!r} must be a list of blocks, not {table!r:.60}.")
    blocks = [to_int(block, f"a block of {name!r}", 0, num_blocks - 1) for block in row]
    if len(set(blocks)) < len(blocks):
        twice = next(block for block in blocks if blocks.count(block) > 1)
        raise ValueError(
            f"The table of {name!r} has block {twice} twice: each place needs its own."
        )
    return blocks
