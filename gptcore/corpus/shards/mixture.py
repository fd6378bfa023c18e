"""Several folders of shards in one stream of batches, mixed by weights.

Rows are what is shared out: in every round of so many rows each source has exactly its share, in an
order that is shuffled for each round. Each source goes through its own epochs, every window once,
so a small source with a large weight is soon repeated: `epochs` tells how often.
As in `batches.py` a batch is computed from seed and step alone, and resuming needs no state.
Left out on purpose: weights that change on the way; make another mixture for the later steps.
"""

from collections.abc import Mapping
from fractions import Fraction
from hashlib import sha256
from math import gcd, inf, lcm
from pathlib import Path

import numpy as np

from gptcore.checks import as_path
from gptcore.corpus.shards.batches import Batches, Split
from gptcore.corpus.shards.shuffle import splitmix64
from gptcore.files import read_plan
from gptcore.tokenizers.tokenizer import Tokenizer

MAX_ROUND_ROWS = 1000  # rows; finer shares are rounded to about a thousandth


class Mixture:
    """Inputs and targets for every step, from several folders, by weights that need not sum to 1.

    `round_rows` is the number of rows over which the shares come true exactly, and `shares` are
    they: those of the weights if a round of 1000 rows or less has room for them, else rounded to
    thousandths. All folders must have been made with one tokenizer; a file without a manifest does
    not say, and is trusted.
    Raises: ValueError for weights that are none, or for another tokenizer; what `Batches` raises.
    Example: mixture = Mixture({"web": 3, "books": 1}, batch_size=8, block_size=64, seed=1)
             mixture.batch(step=0)[0].shape -> (8, 64)
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
    ):
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
        return int(self.rows_per_round.sum())

    @property
    def proportions(self) -> dict[str | Path, float]:
        """The part of all rows that each folder has."""
        return dict(zip(self.folders, (self.rows_per_round / self.round_rows).tolist()))

    @property
    def steps_per_epoch(self) -> int:
        """Steps until every window of every source was seen, up to the end of that round."""
        windows = np.array([source.windows for source in self.sources])
        rounds = int((-(-windows // self.rows_per_round)).max())
        return -(-rounds * self.round_rows // self.batch_size)

    def batch(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Input and target of one step, which may be any, in any order.

        Shapes: x, y (B, T), int64; y is x, one token later.
        """
        if step < 0:
            raise ValueError(f"step={step} must be 0 or more.")
        sources, positions = self.assign_rows(step * self.batch_size, (step + 1) * self.batch_size)
        tokens = np.empty((self.batch_size, self.block_size + 1), np.int64)
        for number, source in enumerate(self.sources):
            mine = np.flatnonzero(sources == number)
            if len(mine):
                first = int(positions[mine[0]])  # a source's places follow one another
                windows = source.window_indices(range(first, first + len(mine)))
                tokens[mine] = [source.load_window(window) for window in windows]
        return tokens[:, :-1].copy(), tokens[:, 1:].copy()

    def assign_rows(self, first: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        """For some rows of the mixture the source of each, and its place in that source's epochs.

        Shapes: two arrays (stop - first,).
        """
        sources, positions = [], []
        for number in range(first // self.round_rows, -(-stop // self.round_rows)):
            order, start = self.order(number), number * self.round_rows
            position = number * self.rows_per_round[order] + cumcount(order)
            kept = slice(max(0, first - start), stop - start)
            sources.append(order[kept])
            positions.append(position[kept])
        return np.concatenate(sources), np.concatenate(positions)

    def order(self, number: int) -> np.ndarray:
        """Whose turn it is at each row of one round: the turns, sorted by a hash of their places.

        Shapes: (round_rows,).
        """
        turns = np.repeat(np.arange(len(self.sources)), self.rows_per_round)
        key = sha256(f"{self.seed} {number}".encode()).digest()[:8]
        positions = np.arange(len(turns), dtype=np.uint64) + np.frombuffer(key, "<u8")
        return turns[np.argsort(splitmix64(positions))]  # no two hashes are equal

    def epochs(self, steps: int) -> dict[str | Path, float]:
        """How often a run of so many steps goes through each folder; above 1 it repeats itself."""
        rounds, rest = divmod(steps * self.batch_size, self.round_rows)
        rows = rounds * self.rows_per_round
        rows = rows + np.bincount(self.order(rounds)[:rest], minlength=len(self.sources))
        return {f: int(n) / s.windows for f, n, s in zip(self.folders, rows, self.sources)}


def cumcount(order: np.ndarray) -> np.ndarray:
    """For each turn, how many earlier ones the same source had. [0, 1, 0, 0] -> [0, 0, 1, 2]"""
    before = np.empty_like(order)
    for source in np.unique(order):
        mine = order == source
        before[mine] = np.arange(mine.sum())
    return before


def integer_weights(weights: Mapping[str | Path, float]) -> list[int]:
    """The weights as the fewest rows that keep their proportion; or nearly, as some 1000 rows.

    Raises: ValueError if there is none, or one that is no number above 0.
    Example: {"a": 0.7, "b": 0.2, "c": 0.1} -> [7, 2, 1]
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
    """Raises: ValueError if two folders were made with tokenizers that are not the same."""
    made_with: dict[str, tuple[str | Path, str]] = {}
    for folder in folders:
        manifest = as_path(folder) / "manifest.json"
        if manifest.is_file():
            tokenizer = read_plan(manifest)["tokenizer"]
            made_with[tokenizer["sha256"]] = folder, tokenizer["name"]
    if len(made_with) > 1:
        (one, its_name), (other, other_name), *_ = made_with.values()
        raise ValueError(
            f"{one} was made with the tokenizer {its_name}, and {other} with {other_name}, which "
            "is another one: the same ids mean other texts. Prepare one of them anew: gptcore "
            "prepare SOURCE --out DIR --tokenizer NAME"
        )
