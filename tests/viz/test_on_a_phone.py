"""The narrow form of each picture of a model: 358 pixels wide, no text below 10 pixels."""

import pytest

from viz import draw_counts, draw_next_tokens, draw_probabilities
from viz.canvas.scene import Circle, Image, Line, Rect, Text
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
    tokens = LONG.split()
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
