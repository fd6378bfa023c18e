"""What lesson 2 says of the gradients of single names."""

import pytest

from course.experiments.training.descents import share_that_agrees
from gptcore.scalar import VowelModel


def test_one_name_agrees_with_itself():
    model = VowelModel(["anna", "otto"])
    assert share_that_agrees(VowelModel(["anna"]), ["anna"], (-1.0, 1.0)) == 1.0
    assert 0 <= share_that_agrees(model, ["anna", "otto"], (0.3, 0.1)) <= 1


def test_names_without_a_vowel_disagree_where_all_names_want_more_vowels():
    names = ["aaaa"] * 9 + ["bbbb"]
    assert share_that_agrees(VowelModel(names), names, (-2.0, -2.0)) == pytest.approx(0.9)
