"""The narrow form of each picture of a model: 358 pixels large, no text below 10 pixels."""

import numpy as np
import pytest

from gptcore.scalar import Value
from viz import (
    draw_attention,
    draw_attention_chain,
    draw_counts,
    draw_embedding,
    draw_graph,
    draw_head_ablation,
    draw_head_split,
    draw_lens,
    draw_logit_attribution,
    draw_next_tokens,
    draw_parameters,
    draw_paths,
    draw_probabilities,
    draw_rotation,
    draw_whole_graph,
)
from viz.architecture.memory_order import draw_memory_order
from viz.architecture.memory_order_dial import draw_error
from viz.attention.attention_edit import draw_attention_edit
from viz.attention.attention_head import draw_attention_head
from viz.canvas.scene import Circle, Image, Line, Rect, Text
from viz.graphs.backward import draw_backward
from viz.next_token.playground import draw_playground
from viz.next_token.sampling_dial import draw_sampling
from viz.next_token.shannon import draw_shannon

LETTERS = [*"abcdefghijklmnopqrstuvwxyz", "end"]
EVEN = {letter: 1 / 27 for letter in LETTERS}
WORDS = ["mari", "anna", "jolene", "christopherus-maximilian"]
LONG = "A title with so many words that it takes several lines on a phone, and more than one"
SQUARE = [[i * j % 7 for j in range(27)] for i in range(27)]


def pictures():
    """Name -> a picture with long words in it."""
    yield "letters", draw_probabilities(EVEN, title=LONG)
    yield "ranked", draw_probabilities({" Paris": 0.7, " a long word or two": 0.3}, title=LONG)
    yield "sampling", draw_sampling(WORDS, {"anna"}, bars=EVEN, title=LONG)
    yield "counts", draw_counts(SQUARE, LETTERS, title=LONG, axes=("a letter", "the next one"))
    yield "two tables", draw_counts([SQUARE, SQUARE], LETTERS, titles=["counted", LONG[:40]])
    yield "shannon", draw_shannon("christopher", {"you": [EVEN] * 12, "bigrams": [EVEN] * 12})
    written = [(" wonderful", 0.1), ("ly", 0.5)] * 9
    yield (
        "playground",
        draw_playground([0.0] * 27, LETTERS, prompt=LONG, generated=written, title=LONG),
    )
    a, weights = Value(-0.123456), [Value(0.1 * k) for k in range(3)]
    small = sum((w * a for w in weights), Value(0.0)).tanh()
    small.backward()
    large = sum((Value(k) * w for k in range(30) for w in weights), Value(0.0))
    yield "graph", draw_graph(small, {a: "a long name of a number", small: "L"}, title=LONG)
    yield "graph of dots", draw_graph(large, title=LONG)
    yield "paths", draw_paths(small, a, {a: "a"}, title=LONG)
    yield "backward", draw_backward(small, {a: "a long name of a number"}, title=LONG)
    yield "whole graph", draw_whole_graph(large, title=LONG)
    tokens, probs = LONG.split(), np.full((31, 18, 18), 1 / 18)
    yield "lens", draw_lens(probs, tokens, tokens)
    entries = {"a long name of an entry": [-12.34] * 27, "b": [0.5] * 27}
    yield "attribution", draw_logit_attribution(entries, labels=LETTERS, title=LONG)
    yield "memory", draw_memory_order(np.arange(16).reshape(2, 8), title=LONG)
    yield "error", draw_error("x.view(8)", LONG)
    counts = {LONG: 123_456_789, "mlp": 4}
    yield "heads", draw_head_split(1600, 25, parameters=counts, title=LONG)
    yield "no heads", draw_head_split(1600, 24, warning=LONG)
    yield "parameters", draw_parameters({**counts, "blocks": {"a": 7, "b": 8}}, title=LONG)
    yield "rotation", draw_rotation(np.ones((2, 20, 2)), names=[LONG, "b"], title=LONG)
    points, groups = np.random.default_rng(0).normal(size=(27, 4)), ["a long name"] * 9
    groups += ["another one"] * 9 + ["the third of the groups"] * 9
    weights = np.tri(18) / np.tri(18).sum(1, keepdims=True)
    yield "attention", draw_attention([weights] * 3, tokens, title=LONG)
    yield "many tokens", draw_attention(np.eye(64), ["a long token"] * 64, title=LONG)
    yield "lines", draw_attention([weights] * 2, tokens, view="lines", title=LONG)
    yield "chain", draw_attention_chain(*np.ones((3, 8, 8)), tokens[:8], title=LONG)
    state = {
        "scores": [0.0] * 16,
        "weights": np.eye(16),
        "values": np.ones((16, 9)),
        "context": [1.0] * 9,
        "probs": EVEN,
    }
    changed = draw_attention_edit(state, tokens[:16], query=15, score_delta=[-8] * 16, caption=LONG)
    yield "edit", changed
    yield "head", draw_attention_head([[weights] * 12] * 12, tokens, caption=LONG)
    long_text = draw_attention_head(np.eye(130), ["internationalization"] * 130)
    yield "head of a long text", long_text
    yield "ablation", draw_head_ablation(np.ones((30, 12)) / 9, loss=2.5, title=LONG)
    yield "embedding", draw_embedding(points, LETTERS, groups=groups, title=LONG)
    yield "sentence", draw_next_tokens(tokens, [{"internationalization": 0.9}] * len(tokens))


@pytest.mark.parametrize("picture", [pytest.param(p, id=name) for name, p in pictures()])
def test_a_narrow_form_fits_and_can_be_read(picture):
    scene = picture.narrow
    assert scene.width == 358 and picture.scene.width > 358
    assert "<picture><source" in picture.to_html()
    for shape in scene.shapes:
        left, right = extent(shape)
        assert left >= -1 and right <= 359, shape
        if isinstance(shape, Text):
            assert shape.size >= 10.1 or not shape.text.strip(), shape
            assert 0 <= shape.y <= scene.height, shape


def extent(shape) -> tuple[float, float]:
    """The left and the right end of a shape; of text, about."""
    if isinstance(shape, (Rect, Image)):
        return shape.x, shape.x + shape.width
    if isinstance(shape, Line):
        return min(x for x, _ in shape.points), max(x for x, _ in shape.points)
    if isinstance(shape, Circle):
        return shape.x - shape.radius, shape.x + shape.radius
    width = 0 if shape.upright else len(shape.text) * shape.size * (0.59 if shape.mono else 0.5)
    left = shape.x - {"start": 0, "middle": width / 2, "end": width}[shape.anchor]
    return left, left + width
