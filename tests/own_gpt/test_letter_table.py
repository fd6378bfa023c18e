"""The best letter table, by a second count."""

from math import log

import pytest

from gptcore.own_gpt import best_letter_table
from gptcore.own_gpt.letter_table import CONTEXT_SIZES, SMOOTHINGS


def test_the_best_table_of_a_few_lines_is_the_one_counted_by_hand():
    train, held_out = ["ab", "ab", "aa"], ["ab"]
    losses = {}
    for size in CONTEXT_SIZES:
        for smoothing in SMOOTHINGS:
            seen = [(line[max(0, i - size) : i], (line + ".")[i])
                    for line in train for i in range(len(line) + 1)]  # fmt: skip
            total = 0.0
            for i in range(3):
                context, target = held_out[0][max(0, i - size) : i], "ab."[i]
                row = [t for c, t in seen if c == context]
                total -= log((row.count(target) + smoothing) / (len(row) + 3 * smoothing))
            losses[size, smoothing] = total / 3
    table = best_letter_table(train, held_out)
    assert (table.context_size, table.smoothing) == min(losses, key=losses.get)
    assert table.loss == pytest.approx(min(losses.values()))


def test_a_long_text_is_counted_in_pieces():
    text = "the cat sat on the mat. " * 2_000
    whole = best_letter_table([text], [text[:5_000]])
    assert whole.loss < 0.6  # after five letters nearly all is known
    assert whole.context_size == 5
