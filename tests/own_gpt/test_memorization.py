"""Copies: exact shares against counted ones, coincidence, and the longest copied part."""

from statistics import fmean, pstdev

import pytest

from gptcore.own_gpt import (
    copied_share,
    line_probabilities,
    longest_copy,
    memorized_share,
    nearest_line,
    plan,
    sample_lines,
    train_lines,
)


def test_the_exact_share_is_what_counting_samples_approaches(names):
    few = names[:40]
    training = train_lines(few, plan(few, start="nothing", max_steps=150, batch_size=32, dropout=0,
                                     n_layer=1, patience=150, eval_every=150))  # fmt: skip
    steps = [*training]
    assert len(steps) == 150
    share = memorized_share(training.model, training.tokenizer, training.train, training.held_out)
    samples = sample_lines(training.model, training.tokenizer, 2000, seed=3)
    counted = copied_share(samples, training.train)
    # Three standard errors of 2,000 coins: at most 3.4 %.
    assert counted == pytest.approx(share.copied, abs=0.034)
    assert share.copied > 0.3
    assert share.verdict.startswith("memorized: ")


def test_the_probabilities_of_all_short_lines_are_those_of_a_table(trained):
    """Summed over every line of one letter: what the model gives to "a letter, then the end"."""
    letters = trained.tokenizer.characters
    total = sum(line_probabilities(trained.model, trained.tokenizer, [*letters, ""]))
    samples = sample_lines(trained.model, trained.tokenizer, 4000, seed=1)
    counted = sum(len(sample) <= 1 for sample in samples) / len(samples)
    assert counted == pytest.approx(total, abs=0.02)


def test_a_model_that_has_learned_from_other_lines_copies_by_coincidence(trained, names):
    """Two halves of lines that the model has never seen: one plays the training list."""
    unseen = [line for line in trained.held_out]
    half = len(unseen) // 2
    share = memorized_share(trained.model, trained.tokenizer, unseen[:half], unseen[half:])
    assert share.copied <= share.coincidence + 4 * share.coincidence_error + 0.005
    assert not share.verdict.startswith("memorized")


def test_coincidence_is_the_mean_of_held_out_lines_for_each_training_line(trained):
    train, held_out = trained.train[:30], trained.held_out[:7]
    share = memorized_share(trained.model, trained.tokenizer, train, held_out)
    probs = line_probabilities(trained.model, trained.tokenizer, held_out)
    assert share.coincidence == pytest.approx(30 * fmean(probs))
    assert share.coincidence_error == pytest.approx(30 * pstdev(probs) / 7**0.5)


@pytest.mark.parametrize(
    ("text", "source", "longest"),
    [
        ("the crat sat", "a cat sat down", "at sat"),
        ("abc", "xyz", ""),
        ("", "abc", ""),
        ("banana", "banana", "banana"),
        ("aab", "ab aa", "aa"),
    ],
)
def test_the_longest_copied_part(text, source, longest):
    slow = max(
        (text[i:j] for i in range(len(text)) for j in range(i, len(text) + 1)
         if text[i:j] in source),
        key=len, default="",
    )  # fmt: skip
    assert len(longest_copy(text, source)) == len(slow) == len(longest)
    assert longest_copy(text, source) in source


def test_the_nearest_line_is_the_one_with_most_in_common():
    assert nearest_line("ogary", ["emma", "gary", "olivia"]) == "gary"
    assert nearest_line("emma", ["emmas", "emma"]) == "emma"


def test_samples_are_the_same_for_a_seed_and_begin_with_the_prompt(trained):
    sampled = [sample_lines(trained.model, trained.tokenizer, 300, seed=seed) for seed in (1, 1, 2)]
    assert sampled[0] == sampled[1] != sampled[2]
    assert max(map(len, sampled[0])) <= trained.model.config.block_size
    prompted = sample_lines(trained.model, trained.tokenizer, 5, prompt="em", temperature=0)
    assert len({*prompted}) == 1
    assert prompted[0].startswith("em")
    with pytest.raises(ValueError, match="Shorten it"):
        sample_lines(trained.model, trained.tokenizer, 1, prompt="a" * 40)
