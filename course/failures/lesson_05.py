"""A model that is handed over with something wrong, and no error, for the reader of lesson 5 to
find out from evidence. Read this after you have guessed.

`hand_over` says what is wrong.
"""

from random import Random

from gptcore.scalar import NgramTable
from gptcore.tokenizers import BPETokenizer

VOCAB_SIZE = 1000
READ = 1800  # stories; the others are for asking


def hand_over(stories: list[str]) -> tuple[NgramTable, BPETokenizer, float]:
    """Lesson 5: a table of pairs of tokens, a tokenizer, and the loss on stories not read."""
    theirs = the_other_tokenizer(stories)
    written = ["".join(map(chr, theirs.encode(story))) for story in stories]
    table = NgramTable(map(chr, range(VOCAB_SIZE)), context_size=1, smoothing=0.01)
    table.fit(written[:READ])
    # The tokenizer handed over was learned from 100 stories fewer: same size, other ids.
    handed_over = BPETokenizer.train(stories[: READ - 100], vocab_size=VOCAB_SIZE)
    return table, handed_over, table.mean_loss(written[READ:])


def write(model: NgramTable, tokenizer: BPETokenizer, seed: int) -> str:
    """One text that the table writes, read with a tokenizer."""
    (text,) = model.sample(1, rng=Random(seed))
    return tokenizer.decode(map(ord, text))


def the_other_tokenizer(stories: list[str]) -> BPETokenizer:
    """The one that the model was trained with."""
    return BPETokenizer.train(stories[:READ], vocab_size=VOCAB_SIZE)
