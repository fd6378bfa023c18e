"""Two weights against tiny steps, PyTorch, and what counting says about vowels."""

import math
import re

import pytest
import torch

from gptcore.corpus import load_documents
from gptcore.scalar import VowelModel, central_difference, descend

NAMES = load_documents("names")


@pytest.mark.parametrize("point", [(0.0, 0.0), (-3.0, 1.5), (2.0, -4.0)])
@pytest.mark.parametrize("documents", [NAMES, ["emma"], ["kim", "aoife"]], ids=len)
def test_gradients_are_those_of_tiny_steps(point, documents):
    x, y = point
    model = VowelModel(documents)
    numerical = [
        central_difference(lambda moved: model.loss_at(moved, y), x),
        central_difference(lambda moved: model.loss_at(x, moved), y),
    ]
    assert model.grad_at(x, y) == pytest.approx(numerical, abs=1e-9)
    assert VowelModel(NAMES).grad_at(x, y, documents) == pytest.approx(numerical, abs=1e-9)


def test_the_loss_is_torchs_on_the_letters_of_one_name():
    # emma: e after the beginning, m after e, m after m, a after m, the end after a
    logits = torch.tensor([0.3, -1.2, 0.3, 0.3, -1.2], dtype=torch.float64)
    vowel = torch.tensor([1.0, 0.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    judge = torch.nn.functional.binary_cross_entropy_with_logits(logits, vowel)
    assert VowelModel(["emma"]).loss_at(0.3, -1.2) == pytest.approx(judge.item())


def test_descent_ends_at_the_odds_that_counting_finds():
    model = VowelModel(NAMES)
    *_, last = descend(model.grad_at, (0.0, 0.0), 4.0, 200)
    text = "".join(f"  {name}" for name in NAMES) + "  "  # two spaces: an end, and a beginning
    for logit, before in zip(last, ("[^aeiou ]|  ", "[aeiou]")):
        starts = [match.end() for match in re.finditer(before, text[:-2])]
        share = sum(text[i] in "aeiou" for i in starts) / len(starts)
        assert 1 / (1 + math.exp(-logit)) == pytest.approx(share, abs=1e-3)


def test_logits_far_out_do_not_overflow():
    assert VowelModel(["emma"]).loss_at(2000.0, -2000.0) == pytest.approx(400.0)
    assert VowelModel(["emma"]).grad_at(2000.0, -2000.0) == pytest.approx([0.2, 0.0])


def test_nothing_to_predict_is_refused():
    with pytest.raises(ValueError, match="documents is empty"):
        VowelModel([])
