"""Embeddings that move during training: the numbers as they are, one plane for all steps."""

import html
import json
import re

import numpy as np
import pytest

from viz import draw_embedding_training

FRAMES = {0: [[0, 0], [1, 1], [-2, 0.5]], 10: [[2, 0], [0, 1], [0, -1]]}


def payload_of(picture) -> dict:
    return json.loads(html.unescape(re.search(r'data-film="([^"]*)"', picture.to_html())[1]))


def test_two_numbers_are_drawn_as_they_are():
    picture = draw_embedding_training(FRAMES, "abc", ["v", "v", "c"], losses={0: 3.3, 10: 2.5})
    assert picture.data[10].tolist() == FRAMES[10]
    payload = payload_of(picture)
    assert payload["points"] == [FRAMES[0], FRAMES[10]]
    assert (payload["steps"], payload["losses"]) == ([0, 10], [3.3, 2.5])
    assert (payload["groups"], payload["names"]) == ([0, 0, 1], ["v", "c"])
    assert payload["extent"] > 2


def test_longer_embeddings_keep_one_plane_whose_variance_is_that_of_the_last_step():
    rng = np.random.default_rng(1)
    frames = {step: rng.normal(size=(9, 5)) for step in (0, 5, 20)}
    points = draw_embedding_training(frames, "abcdefghi").data
    variances = np.linalg.eigvalsh(np.cov(frames[20].T))[::-1]  # of the principal components
    assert points[20].var(0, ddof=1) == pytest.approx(variances[:2])
    fitted, *_ = np.linalg.lstsq(frames[20] - frames[20].mean(0), points[20], rcond=None)
    assert points[0] == pytest.approx((frames[0] - frames[20].mean(0)) @ fitted)


def test_the_still_has_the_first_and_the_last_step():
    svg = draw_embedding_training({**FRAMES, 5: FRAMES[0]} | {20: FRAMES[10]}, "abc").to_svg()
    assert "step 0" in svg and "step 20" in svg and "step 5" not in svg


def test_it_needs_no_script_and_no_network():
    page = draw_embedding_training(FRAMES, ["<b>", "&", '"'], title='a "film"').to_html()
    assert page.count("<img ") == 1
    assert not re.search(r"(?:src|href)=\"https?:", page)
    assert payload_of(draw_embedding_training(FRAMES, ["<b>", "&", '"']))["labels"][1] == "&"


@pytest.mark.parametrize(
    ("frames", "labels", "message"),
    [
        ({}, "abc", "frames"),
        (FRAMES, "ab", "2 labels"),
        ({0: [[1, 2]], 1: [[1, 2, 3]]}, "a", "shapes"),
        ({0: [[1], [2]]}, "ab", "2 numbers or more"),
    ],
)
def test_what_does_not_fit_together_is_refused(frames, labels, message):
    with pytest.raises(ValueError, match=message):
        draw_embedding_training(frames, labels)
