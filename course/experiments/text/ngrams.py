"""The control of lesson 1: what a table of n-grams writes, by temperature and context."""

from collections.abc import Sequence
from random import Random

from gptcore.scalar import NgramTable
from gptcore.scalar.ngram import MAX_LENGTH
from viz import SamplingDial

NAMES, SEED = 20, 1


def turn_temperature_and_context(
    tables: Sequence[NgramTable], prefix: str, train: list[str]
) -> SamplingDial:
    """Show twenty sampled names, and the distribution after a prefix.

    Args:
        tables: The tables with contexts of 0, 1, 2, ... letters.
        prefix: The start of a name.
        train: The training split; names from it are marked.

    Returns:
        The control.
    """

    first = tables[0]
    page = {  # what a page needs to count and to sample by itself
        "documents": " ".join(train),
        "letters": first.characters,
        "smoothing": first.smoothing,
        "prefix": prefix,
        "how_many": NAMES,
        "longest": MAX_LENGTH,
        "seed": SEED,
    }

    def write(temperature: float, context: int) -> list[str]:
        return tables[context].sample(NAMES, temperature, rng=Random(SEED))

    def after_prefix(temperature: float, context: int) -> dict[str, float]:
        return tables[context].next_probabilities(prefix, temperature)

    return SamplingDial(
        write,
        bars=after_prefix,
        known=train,
        known_label="in the training split",
        title=f"After {prefix}",
        page=page,
        temperature=(0.1, 2.0, 0.5),  # lowest, highest, at the start
        context=(0, len(tables) - 1, 2),
    )
