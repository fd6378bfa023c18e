"""One head as a chain of matrices: the numbers that are drawn, and what is refused."""

import json
import re
from html import unescape

import numpy as np
import pytest

from gptcore.ladder import NumpyGPT, forward
from viz import draw_attention_chain
from viz.canvas.palette import MASKED
from viz.canvas.scene import Rect, Text

EMMA = ["[BOS]", *"emma"]


def some_head(T: int = 5, D: int = 4, seed: int = 0):
    return np.random.default_rng(seed).normal(size=(3, T, D))


def texts(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def test_the_weights_and_the_output_are_those_of_the_model():
    weights, ids = NumpyGPT(["abc", "cab"]).weights, [3, 0, 1]
    x = weights["wte"][ids] + weights["wpe"][:3]
    for _ in range(2):  # after the embedding, and before attention
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + 1e-5)
    q, k, v = (x @ weights[f"0.{name}"].T[:, 4:8] for name in ("wq", "wk", "wv"))
    data = draw_attention_chain(q, k, v, "abc").data
    inside = forward(ids, weights, n_head=4)
    assert data["weights"] == pytest.approx(inside.weights[0, 1])
    assert data["scaled"] == pytest.approx(inside.scores[0, 1])
    assert data["output"] == pytest.approx(inside.context[0, 1])


def test_one_score_is_written_out_as_a_sum_that_is_right():
    q, k, v = some_head().round(1)
    line = next(text for text in texts(draw_attention_chain(q, k, v, EMMA)) if "=" in text[9:])
    products = re.findall(r"(−?\d\.\d) × (−?\d\.\d)", line)
    total, scaled = (float(n.replace("−", "-")) for n in re.findall(r"= (−?\d+\.\d)", line))
    pairs = [[float(number.replace("−", "-")) for number in pair] for pair in products]
    assert len(pairs) == 4
    assert total == pytest.approx(sum(a * b for a, b in pairs), abs=0.051)
    assert scaled == pytest.approx(sum(a * b for a, b in pairs) / 2, abs=0.051)


def test_masked_cells_have_a_colour_of_their_own_and_small_weights_do_not():
    picture = draw_attention_chain([[0.0], [9.0]], [[9.0], [0.0]], [[1.0], [2.0]], "ab")
    hidden = [s for s in picture.scene.shapes if isinstance(s, Rect) and s.fill == MASKED]
    assert len(hidden) == 2  # a scaled score and a weight of b for the query of a
    assert "−∞" in texts(picture)
    assert ".00" in texts(picture)


def test_the_script_gets_the_numbers_and_where_each_matrix_is():
    q, k, v = some_head()
    picture = draw_attention_chain(q, k, v, ["<b>", *"emma"])
    assert "<b>" not in picture.to_html()
    payload = json.loads(unescape(re.search(r'data-attention="(.*?)">', picture.to_html())[1]))
    assert np.array(payload["scores"]) == pytest.approx(q @ k.T, abs=0.006)
    for scene, form in zip((picture.scene, picture.narrow), payload["forms"], strict=True):
        cells = {(s.x, s.y) for s in scene.shapes if isinstance(s, Rect)}
        assert len(form["places"]) == 8
        assert all((x, y) in cells for _, _, x, y in form["places"])


def test_the_frame_follows_the_chosen_query_and_key():
    q, k, v = some_head()
    picture = draw_attention_chain(q, k, v, EMMA, query=3, key=1)
    assert "the query of m (3) gives the key of e (1)" in picture.alt
    assert any("score of query m and key e" in text for text in texts(picture))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokens": "emma"}, "4 tokens"),
        ({"query": 9}, "query=9"),
        ({"query": 2, "key": 3}, "key=3"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    q, k, v = some_head()
    with pytest.raises(ValueError, match=message):
        draw_attention_chain(q, k, v, **{"tokens": EMMA, **change})


def test_more_than_can_be_read_is_refused_with_a_way_out():
    q, k, v = some_head(9, 4)
    with pytest.raises(ValueError, match=r"q\[:8\]"):
        draw_attention_chain(q, k, v, "abcdefghi")
    draw_attention_chain(q[:8], k[:8], v[:8], "abcdefgh")


def test_titles_that_are_wider_than_their_matrices_do_not_overlap():
    picture = draw_attention_chain([[1], [2]], [[0], [3]], [[5], [7]], "ab")
    titles = [t for t in picture.scene.shapes if isinstance(t, Text) and t.weight == "600"]
    assert [t.text for t in titles][1:3] == ["k, transposed: 1 × 2", "scores: 2 × 2"]
    ends = [t.x + 6.5 * len(t.text) for t in titles]
    assert all(end < t.x for end, t in zip(ends, titles[1:]) if t.x > 60)  # 60: a line begins
    assert max(ends) < picture.scene.width
