"""The editor: every knob turned to both ends, its numbers compared with NumPy's."""

import base64
import re
import time

import numpy as np
import pytest

from viz import AttentionEditor
from viz.attention.attention_edit import draw_attention_edit

TOKENS = ["[BOS]", *"emma"]
T, D, H = 5, 4, 3
RNG = np.random.default_rng(0)
SCORES, VALUES = RNG.normal(size=(H, T, T)), RNG.normal(size=(H, T, D))
TABLE = RNG.normal(size=(D, 3))


def softmax(scores):
    exps = np.exp(scores - scores.max(-1, keepdims=True))
    return exps / exps.sum(-1, keepdims=True)


def run_model(query, head, score_delta, ablated_heads, use_positions):
    scores = SCORES[head] * use_positions
    scores[query] += score_delta
    weights = softmax(scores + np.triu(np.full((T, T), -np.inf), 1))
    context = weights[query] @ VALUES[head] * (head not in ablated_heads)
    return {
        "scores": SCORES[head, query] * use_positions,
        "weights": weights,
        "values": VALUES[head],
        "context": context,
        "probs": dict(zip("xyz", softmax(context @ TABLE))),
    }


def loss(query, head, score_delta, ablated_heads, use_positions):
    return 2.0 + 0.1 * sum(score_delta) + len(ablated_heads) + (not use_positions)


@pytest.fixture
def editor() -> AttentionEditor:
    return AttentionEditor(run_model, TOKENS, H, loss=loss, loss_name="loss on 200 names")


def words_of(html: str) -> str:
    return base64.b64decode(re.search(r" src=\"[^,]+,([^\"]+)", html)[1]).decode()


def test_it_begins_with_the_last_token_as_query_and_nothing_changed(editor):
    data = editor.picture().data
    assert (data["query"], data["head"]) == (4, 0)
    untouched = run_model(4, 0, [0.0] * T, frozenset(), True)
    assert data["weights"] == pytest.approx(untouched["weights"][4])
    assert "2.000 nats; unchanged model 2.000: no change" in editor.picture().alt


@pytest.mark.slow
def test_adding_to_a_score_multiplies_the_odds_by_a_power_of_e(editor):
    before = editor.picture().data["weights"]
    editor.score_delta[2].value = 3.0
    after = editor.picture().data["weights"]
    odds = (after[2] / after[0]) / (before[2] / before[0])
    assert odds == pytest.approx(np.exp(3.0))
    assert "0.300 worse" in editor.picture().alt


def test_a_score_pushed_to_the_top_makes_the_context_that_value(editor):
    SCORES_WERE = SCORES.copy()
    editor.score_delta[1].value = editor.score_delta[1].max
    for j in (0, 2, 3, 4):
        editor.score_delta[j].value = editor.score_delta[j].min
    assert editor.picture().data["context"] == pytest.approx(VALUES[0, 1], abs=1e-4)
    assert np.array_equal(SCORES, SCORES_WERE)


def test_every_step_of_every_slider_changes_the_screen(editor):
    for knob in editor.score_delta:
        for value in (knob.min, knob.min + knob.step, 0.0, knob.step, knob.max):
            before = editor.screen.value
            knob.value = value
            assert editor.screen.value != before
    for knob, values in ((editor.head, range(1, H)), (editor.query, range(T))):
        for value in values:
            before = editor.screen.value
            knob.value = value
            assert editor.screen.value != before


def test_a_score_of_a_letter_that_has_not_come_yet_changes_nothing_but_is_shown(editor):
    editor.query.value = 1
    before = editor.picture().data
    editor.score_delta[4].value = 8.0
    assert editor.picture().data == before
    assert "−∞" in words_of(editor.screen.value)
    assert "+8.0" in words_of(editor.screen.value)


def test_an_ablated_head_has_no_context_and_the_loss_is_shown(editor):
    editor.ablated_heads[0].value = True
    assert editor.picture().data["context"] == [0.0] * D
    assert "1.000 worse" in editor.picture().alt
    assert "which is ablated" in words_of(editor.screen.value)
    editor.head.value = 1
    assert any(editor.picture().data["context"])


def test_positions_can_be_taken_away_and_undo_brings_everything_back(editor):
    first = editor.screen.value
    editor.use_positions.value = False
    editor.score_delta[3].value, editor.ablated_heads[2].value = -4.0, True
    assert editor.screen.value != first
    editor.reset.click()
    assert editor.screen.value == first


def test_all_ends_together_work_for_every_query_and_head(editor):
    for end in ("min", "max"):
        for knob in editor.score_delta:
            knob.value = getattr(knob, end)
        for query in range(T):
            for head in range(H):
                editor.query.value, editor.head.value = query, head
                assert sum(editor.picture().data["weights"]) == pytest.approx(1)


def test_a_move_is_answered_at_once(editor):
    start = time.process_time()
    for value in range(1, 6):
        editor.score_delta[0].value = value
    assert (time.process_time() - start) / 5 < 0.2


def test_the_still_shows_its_change_and_never_moves():
    editor = AttentionEditor(run_model, TOKENS, H, loss=loss, still_score_delta={1: 6})
    score_delta = [0.0, 6.0, 0.0, 0.0, 0.0]
    assert editor.still.data["weights"] == pytest.approx(
        run_model(4, 0, score_delta, frozenset(), True)["weights"][4]
    )
    before = editor._repr_mimebundle_()
    editor.score_delta[0].value = 2.0
    after = editor._repr_mimebundle_()
    assert (before["text/plain"], before["text/html"]) == (after["text/plain"], after["text/html"])


def test_one_head_and_no_loss_are_enough():
    editor = AttentionEditor(run_model, TOKENS, 1)
    assert editor.head not in editor.live.children
    assert "nats" not in editor.picture().alt


@pytest.mark.parametrize(
    ("spoiled", "printed"),
    [
        ({"weights": np.eye(4)}, "4 x 4 squares, but there are 5 tokens"),
        ({"weights": np.full((5, 5), 0.3)}, "did you softmax over the wrong axis"),
        ({"values": np.zeros((4, D))}, "5 tokens need 5 scores and 5 values"),
        ({"context": np.zeros(D + 1)}, "context must be as long as one value"),
        ({"context": [np.nan] * D}, "context has nan at position 0"),
        ({"probs": {}}, "probs must be a dictionary"),
    ],
    ids=["shape", "rows", "values", "context", "nan", "probs"],
)
def test_a_result_that_does_not_fit_is_refused_with_what_is_wrong(spoiled, printed):
    with pytest.raises(ValueError, match=printed):
        AttentionEditor(lambda **knobs: run_model(**knobs) | spoiled, TOKENS, H)


@pytest.mark.parametrize("answer", [None, 3.0, {"weights": np.eye(5)}], ids=repr)
def test_the_error_for_a_wrong_return_value_says_what_to_return(answer):
    with pytest.raises(ValueError, match="must return a dictionary that has scores, weights"):
        AttentionEditor(lambda **knobs: answer, TOKENS, H)


def test_where_the_model_raises_the_editor_says_why_and_goes_on():
    def fragile(**knobs):
        if knobs["score_delta"][0] > 4:
            raise ValueError("<b>too much</b>")
        return run_model(**knobs)

    editor = AttentionEditor(fragile, TOKENS, H)
    editor.score_delta[0].value = 5.0
    assert "&lt;b&gt;too much" in editor.screen.value
    editor.score_delta[0].value = 1.0
    assert "<img" in editor.screen.value


def test_the_still_refuses_a_missing_query_and_too_many_tokens():
    now = run_model(4, 0, [0.0] * T, frozenset(), True)
    with pytest.raises(ValueError, match="query=5 must be a position from 0 to 4"):
        draw_attention_edit(now, TOKENS, query=5)
    with pytest.raises(ValueError, match="17 tokens: from 1 to 16"):
        draw_attention_edit(now, ["a"] * 17, query=0)
