"""The control of lesson 6 shows what the model computes, and changes only the given score."""

import re

import pytest

from course.experiments.attention.attention_edits import edit_attention
from gptcore.ladder import NumpyGPT, forward
from gptcore.scalar import MicroConfig

TEXTS = ["afze2f", "ezfa1e", "mnop4p"]


def test_nothing_changed_is_the_model_and_the_still_picture_moves_weight_to_its_key():
    gpt = NumpyGPT(TEXTS, MicroConfig(n_head=1), seed=1)
    editor = edit_attention(gpt, "afze2", TEXTS, still_score_delta={3: 8})
    plain = forward(gpt.encode("afze2")[:-1], gpt.weights, 1)
    assert editor.picture().data["weights"] == pytest.approx(plain.weights[0, 0, 5])
    assert re.search(r"nats; unchanged model [\d.]+: no change", editor.picture().alt)
    still = edit_attention(gpt, "afze2", TEXTS, still_score_delta={3: 8})._repr_mimebundle_()
    assert "gives 1.00 to z at position 3" in str(still)
