"""A mixture: several folders of shards in one stream of batches, by weights.

Every round of a fixed number of rows has exactly the proportion of each source, in an order that is
shuffled for each round. Each source goes through its own epochs, every window once, so a small
source with a large weight is soon repeated: `epochs` says how often. As in `batches.py`, a batch is
computed from seed and step alone, and resuming needs no state. For weights that change during
training, make another mixture for the later steps.
"""

from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from math import gcd, inf, lcm
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gptcore.checks import as_path
from gptcore.corpus.shards.batches import Batches, Int64s, Split, check_step
from gptcore.corpus.shards.shuffle import splitmix64
from gptcore.files import read_plan
from gptcore.tokenizers.tokenizer import Tokenizer

MAX_ROUND_ROWS = 1000  # finer proportions are rounded to about a thousandth


class Mixture:
    """Inputs and targets for every step, from several folders of shards.

    `round_rows` is the number of rows over which the `proportions` are exact. They are those of the
    weights if a round of 1000 rows or fewer can have them, else rounded to thousandths.

    Args:
        weights: Folder -> weight. They need not sum to 1. All folders must have been made with one
            tokenizer; a file without a manifest does not say, and is trusted.
        batch_size: Rows per batch (B).
        block_size: Tokens per row (T).
        seed: Seed of all shuffles.
        split: "train" or "val".
        tokenizer: If given, the shards must have been made with it.

    Raises:
        ValueError: If a weight is not a positive number, the folders were made with different
            tokenizers, or `Batches` raises it.
        ShardDamagedError: If a shard is damaged.

    Example:
        >>> mixture = Mixture({"web": 3, "books": 1}, batch_size=8, block_size=64, seed=1)
        >>> mixture.batch(step=0)[0].shape
        (8, 64)
    """

    def __init__(
        self,
        weights: Mapping[str | Path, float],
        *,
        batch_size: int,
        block_size: int,
        seed: int,
        split: Split = "train",
        tokenizer: Tokenizer | None = None,
    ) -> None:
        self.folders, self.seed = list(weights), seed
        self.batch_size, self.block_size = batch_size, block_size
        self.rows_per_round = np.array(integer_weights(weights))
        check_tokenizers(self.folders)
        self.sources = [
            Batches(
                folder,
                batch_size=batch_size,
                block_size=block_size,
                seed=seed,
                split=split,
                tokenizer=tokenizer,
            )
            for folder in self.folders
        ]

    @property
    def round_rows(self) -> int:
        """Rows over which the proportions are exact."""
        return int(self.rows_per_round.sum())

    @property
    def proportions(self) -> dict[str | Path, float]:
        """The fraction of all rows that comes from each folder."""
        return dict(zip(self.folders, (self.rows_per_round / self.round_rows).tolist()))

    @property
    def steps_per_epoch(self) -> int:
        """Steps until every window of every source was seen, up to the end of that round."""
        windows = np.array([source.windows for source in self.sources])
        rounds = int((-(-windows // self.rows_per_round)).max())
        return -(-rounds * self.round_rows // self.batch_size)

    def batch(self, step: int) -> tuple[Int64s, Int64s]:
        """Load input and target of one step.

        Args:
            step: Any step, in any order, 0 or more.

        Returns:
            x and y, each of shape (B, T); y is x, one token later.

        Raises:
            ValueError: If the step is negative.
        """
        check_step(step)
        sources, source_rows = self.assign_rows(
            step * self.batch_size, (step + 1) * self.batch_size
        )
        tokens = np.empty((self.batch_size, self.block_size + 1), np.int64)
        for number, source in enumerate(self.sources):
            mine = np.flatnonzero(sources == number)
            if len(mine):
                first = int(source_rows[mine[0]])  # the rows of one source are consecutive
                windows = source.window_indices(range(first, first + len(mine)))
                tokens[mine] = [source.load_window(int(window)) for window in windows]
        return tokens[:, :-1].copy(), tokens[:, 1:].copy()

    def assign_rows(self, first: int, stop: int) -> tuple[NDArray[Any], NDArray[Any]]:
        """Find the source of each row of the mixture, and which row of that source it is.

        Args:
            first, stop: A range of rows, counted from the start of training.

        Returns:
            Indices of sources, and rows of these sources, each of shape (stop - first,).
        """
        sources, source_rows = [], []
        for number in range(first // self.round_rows, -(-stop // self.round_rows)):
            order, start = self.order(number), number * self.round_rows
            rows = number * self.rows_per_round[order] + cumcount(order)
            kept = slice(max(0, first - start), stop - start)
            sources.append(order[kept])
            source_rows.append(rows[kept])
        return np.concatenate(sources), np.concatenate(source_rows)

    def order(self, number: int) -> NDArray[Any]:
        """Shuffle the sources of the rows of one round, by a hash of their positions.

        Args:
            number: The number of the round.

        Returns:
            The index of the source of each row, shape (round_rows,).
        """
        sources = np.repeat(np.arange(len(self.sources)), self.rows_per_round)
        key = sha256(f"{self.seed} {number}".encode()).digest()[:8]
        positions = np.arange(len(sources), dtype=np.uint64) + np.frombuffer(key, "<u8")
        return sources[np.argsort(splitmix64(positions))]  # no two hashes are equal

    def epochs(self, steps: int) -> dict[str | Path, float]:
        """Compute how often a run goes through each folder.

        Args:
            steps: The number of steps of the run.

        Returns:
            Folder -> epochs; above 1 its text is repeated.
        """
        rounds, rest = divmod(steps * self.batch_size, self.round_rows)
        rows = rounds * self.rows_per_round
        rows = rows + np.bincount(self.order(rounds)[:rest], minlength=len(self.sources))
        return {f: int(n) / s.windows for f, n, s in zip(self.folders, rows, self.sources)}


def cumcount(order: NDArray[Any]) -> NDArray[Any]:
    """For each row, how many earlier rows have the same source. [0, 1, 0, 0] -> [0, 0, 1, 2]"""
    counts = np.empty_like(order)
    for source in np.unique(order):
        mine = order == source
        counts[mine] = np.arange(mine.sum())
    return counts


def integer_weights(weights: Mapping[str | Path, float]) -> list[int]:
    """The weights as the smallest integers in that proportion, or nearly, as about 1000 rows.

    {"a": 0.7, "b": 0.2, "c": 0.1} -> [7, 2, 1]

    Raises:
        ValueError: If there are no weights, or one is not a positive number.
    """
    if not weights:
        raise ValueError('There is nothing to mix. Give weights, such as {"web": 3, "books": 1}.')
    for folder, weight in weights.items():
        if not 0 < weight < inf:
            raise ValueError(
                f"The weight of {folder} is {weight!r} and must be a number above 0. To leave a "
                "folder out, do not name it."
            )
    exact = [Fraction(str(weight)) for weight in weights.values()]  # 0.1 is a tenth, as written
    rows = [int(weight * lcm(*(one.denominator for one in exact))) for weight in exact]
    if sum(rows) // gcd(*rows) > MAX_ROUND_ROWS:
        rows = [max(1, round(MAX_ROUND_ROWS * number / sum(rows))) for number in rows]
    return [number // gcd(*rows) for number in rows]


def check_tokenizers(folders: list[str | Path]) -> None:
    """Check that all folders were made with one tokenizer."""
    made_with: dict[str, tuple[str | Path, str]] = {}
    for folder in folders:
        manifest = as_path(folder) / "manifest.json"
        if manifest.is_file():
            tokenizer = read_plan(manifest)["tokenizer"]
            made_with[tokenizer["sha256"]] = folder, tokenizer["name"]
    if len(made_with) > 1:
        (one, its_name), (other, other_name), *_ = made_with.values()
        raise ValueError(
            f"{one} was made with the tokenizer {its_name}, and {other} with {other_name}: their "
            "token ids are not compatible. Prepare one of them again with the other tokenizer: "
            "gptcore prepare SOURCE --out DIR --tokenizer NAME"
        )
