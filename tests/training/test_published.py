"""The published curve is the one of the table of claims, and can be drawn as it is."""

from math import exp, log

from gptcore.training import FINEWEB_40M_CURVE, budget, find_preset


def test_the_curve_begins_where_an_untrained_model_is_and_ends_at_a_perplexity_of_65():
    train, val = FINEWEB_40M_CURVE["train"], FINEWEB_40M_CURVE["val"]
    for steps, losses in (train, val):
        assert len(steps) == len(losses) == 8
        assert list(steps) == sorted(steps) and list(losses) == sorted(losses, reverse=True)
        assert log(50304) < losses[0] < log(50304) + 0.1
    assert round(exp(val[1][-1])) == 65
    assert all(t <= v for t, v in zip(train[1], val[1]))


def test_its_steps_are_those_of_the_preset_that_repeats_it():
    preset = find_preset("fineweb-40m")
    assert FINEWEB_40M_CURVE["val"][0][-1] == preset.train.max_steps == 6000
    assert budget("fineweb-40m").tokens == 3_145_728_000
    assert preset.train.learning_rate == 5e-4
