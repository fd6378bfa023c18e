"""The explorer: every knob turned to both ends, its numbers compared with NumPy's."""

import base64
import re
import time

import numpy as np
import pytest

from viz import AttentionExplorer, draw_attention_head

L, H = 3, 4


def weights_of(text, ablated_heads=frozenset()):
    """Weights that depend on the text and, in later layers, on the ablated heads."""
    T = len(text.split())
    scores = np.random.default_rng(len(text)).normal(size=(L, H, T, T))
    for layer, head in ablated_heads:
        scores[layer + 1 :] *= 0.5 + 0.1 * head
    scores += np.triu(np.full((T, T), -np.inf), 1)
    return np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)


def run_model(text, ablated_heads):
    if not text.strip():
        raise ValueError("An empty text has <b>no token</b>.")
    return text.split(), weights_of(text, ablated_heads)


def loss(text, ablated_heads):
    return 2.0 + 0.125 * len(ablated_heads)


@pytest.fixture
def explorer() -> AttentionExplorer:
    return AttentionExplorer(run_model, text="the cat sat on it", loss=loss, layer=1, head=2)


def words_of(html: str) -> str:
    return base64.b64decode(re.search(r" src=\"[^,]+,([^\"]+)", html)[1]).decode()


def test_it_begins_with_the_last_token_and_its_alt_text_is_true(explorer):
    row = weights_of("the cat sat on it")[1, 2, 4]
    data = explorer.picture().data
    assert data["weights"] == pytest.approx(row)
    best = int(row.argmax())
    whom = "itself" if best == 4 else f"{explorer.tokens[best]} ({best})"
    assert f"it (4) gives {row[best]:.2f} to {whom} in layer 1, head 2" in explorer.picture().alt
    assert "loss on this text: 2.000 nats." in explorer.picture().alt


@pytest.mark.slow
def test_every_step_of_every_slider_changes_the_screen_and_shows_its_head(explorer):
    weights = weights_of("the cat sat on it")
    for layer in (0, 1, 2):
        for head in range(H):
            for query in range(5):
                before = explorer.screen.value
                explorer.layer.value, explorer.head.value = layer, head
                explorer.query.value = query
                assert explorer.screen.value != before
                assert explorer.picture().data["weights"] == pytest.approx(
                    weights[layer, head, query]
                )
                assert explorer.picture().data["received"] == pytest.approx(
                    weights[layer, head, :, query]
                )


def test_an_ablated_head_is_crossed_out_its_loss_is_shown_and_later_layers_change(explorer):
    explorer.ablate.value = True
    assert (
        "2.125 nats without layer 1, head 2; with all heads 2.000: 0.125 worse"
        in explorer.picture().alt
    )
    assert "which is ablated" in explorer.picture().alt
    explorer.layer.value = 2
    assert explorer.ablate.value is False
    assert explorer.ablated_heads == {(1, 2)}
    wanted = weights_of("the cat sat on it", {(1, 2)})[2, 2, 4]
    assert explorer.picture().data["weights"] == pytest.approx(wanted)
    explorer.layer.value = 1
    assert explorer.ablate.value is True
    explorer.ablate.value = False
    assert explorer.ablated_heads == frozenset()


def test_all_heads_can_be_restored(explorer):
    first = explorer.screen.value
    for layer, head in ((0, 0), (2, 3), (1, 2)):
        explorer.layer.value, explorer.head.value = layer, head
        explorer.ablate.value = True
    assert "0.375 worse" in explorer.picture().alt
    explorer.undo.click()
    assert explorer.screen.value == first
    assert explorer.ablate.value is False


def test_a_new_text_makes_its_last_token_the_query(explorer):
    explorer.text.value = "a dog"
    assert [name for name, _ in explorer.query.options] == ["a at 0", "dog at 1"]
    assert explorer.picture().data["weights"] == pytest.approx(weights_of("a dog")[1, 2, 1])
    explorer.text.value = "one"
    assert explorer.picture().data["query"] == 0


def test_a_text_that_the_model_refuses_says_why_and_the_next_one_works(explorer):
    explorer.text.value = "  "
    assert "&lt;b&gt;no token" in explorer.screen.value
    explorer.head.value = 0  # the old text is still there
    assert "<img" in explorer.screen.value
    explorer.text.value = "a cat"
    assert "cat (1) gives" in explorer.picture().alt


def test_a_long_text_is_cut_and_says_so(explorer):
    explorer.text.value = " ".join(f"w{i}" for i in range(300))
    assert len(explorer.query.options) == 128
    assert "172 more tokens not drawn" in words_of(explorer.screen.value)


def test_a_move_is_answered_at_once():
    many = "word " * 64
    scores = np.tri(64) / np.arange(1, 65)[:, None]
    explorer = AttentionExplorer(
        lambda text, ablated_heads: (text.split(), np.broadcast_to(scores, (12, 12, 64, 64))),
        text=many,
    )
    start = time.process_time()
    for value in range(1, 6):
        explorer.head.value = value
    assert (time.process_time() - start) / 5 < 0.2


def test_one_layer_with_one_head_and_no_loss_are_enough():
    explorer = AttentionExplorer(
        lambda text, ablated_heads: (list(text), np.eye(len(text))), text="ab"
    )
    assert explorer.layer not in explorer.live.children
    assert explorer.head not in explorer.live.children
    assert "nats" not in explorer.picture().alt


def test_the_still_never_moves(explorer):
    before = explorer._repr_mimebundle_()
    explorer.head.value = 0
    explorer.ablate.value = True
    after = explorer._repr_mimebundle_()
    assert (before["text/plain"], before["text/html"]) == (after["text/plain"], after["text/html"])


def test_a_missing_layer_head_or_query_is_refused():
    with pytest.raises(ValueError, match="layer=3 must be a whole number, from 0 to 2"):
        AttentionExplorer(run_model, text="a b", layer=3)
    for place in ({"layer": 3}, {"head": 4}, {"query": 2}):
        with pytest.raises(
            ValueError, match=r"(layer|head|query)=. must be a whole number, from 0 to"
        ):
            draw_attention_head(weights_of("a b"), ["a", "b"], **place)
    with pytest.raises(ValueError, match="5 x 5 squares, but there are 2 tokens"):
        AttentionExplorer(lambda text, ablated_heads: (["a", "b"], np.eye(5)), text="x")


def test_tokens_from_outside_cannot_break_it():
    tokens = ["<script>", "\n", "שלום", "🙂", "\x00", ""]
    svg = draw_attention_head(np.eye(6), tokens, caption="<b>").to_svg()
    assert "<script" not in svg
    assert "<b>" not in svg


def test_the_model_runs_once_for_a_text_and_its_ablated_heads():
    runs, losses = [], []

    def counted(text, ablated_heads):
        runs.append((text, ablated_heads))
        return run_model(text, ablated_heads)

    def counted_loss(text, ablated_heads):
        losses.append((text, ablated_heads))
        return loss(text, ablated_heads)

    explorer = AttentionExplorer(counted, text="the cat sat", loss=counted_loss)
    explorer.head.value, explorer.layer.value, explorer.query.index = 1, 2, 0
    assert len(runs) == len(losses) == 1
    explorer.ablate.value = True
    explorer.ablate.value = False
    explorer.ablate.value = True
    assert len(runs) == len(losses) == 2
    for k in range(6):
        explorer.text.value = f"the cat {'sat ' * (k + 1)}"
    explorer.text.value = "the cat sat"  # forgotten: only the last few are kept
    assert runs[-1] == ("the cat sat", frozenset({(2, 1)}))
    assert len(explorer.runs) == 4
    assert len(set(losses)) == len(losses)


def test_a_text_of_many_tokens_names_the_query_and_its_largest_keys():
    T = 100
    weights = np.zeros((T, T))
    weights[range(T), range(T)] = 0.25
    weights[:, 0] += 0.75
    names = [f"t{k}" for k in range(T)]
    picture = draw_attention_head(np.broadcast_to(weights, (30, 9, T, T)), names, layer=4, query=80)
    texts = words_of(picture.to_html())
    panel = re.findall(r'font-size="10.2"[^>]*>(t\d+)<', texts)
    assert panel == ["t80", "t0", "t80"]
    assert "layer 28" in texts
    assert "layer 29" not in texts
    assert picture.scene.height < 700


def test_bytes_of_a_token_are_shown():
    picture = draw_attention_head(np.tri(3) / [[1], [2], [3]], [b" \xc3", b"\xa9", b"\n"], query=1)
    assert "\\xa9 (1) gives 0.50 to ␣\\xc3 (0)" in picture.alt
