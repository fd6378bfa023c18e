"""A sentence and its next tokens: the numbers that are drawn, the page, and what is refused."""

import json
import re
from html import unescape

import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import BLUE, MUTED, ORANGE
from viz.canvas.scene import Rect, Text
from viz.next_token.sentence import BAR_WIDTH, draw_next_tokens, format_percent

TOKENS = ["The", " cat", " sat"]
CANDIDATES = [
    {" cat": 0.5, " dog": 0.25},
    {" ran": 0.6, " sat": 0.3},
    [(".", 0.2), (" on", 0.7)],
]


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def payload_of(picture) -> dict:
    return json.loads(unescape(re.search('data-sentence="(.*?)"', picture.to_html()).group(1)))


def test_bars_are_as_long_as_probabilities_and_the_rest_has_one_too():
    picture = draw_next_tokens(TOKENS, CANDIDATES, position=0)
    bars = [s for s in picture.scene.shapes if isinstance(s, Rect) and s.height == 16]
    lengths = [s.width / BAR_WIDTH for s in bars if s.fill in (ORANGE, BLUE, MUTED)]
    assert lengths == pytest.approx([0.5, 0.25, 0.25])
    assert {"50%  ◂ in the text", "25%", "all others"} <= set(texts_of(picture))


def test_candidates_are_ranked_and_the_last_position_is_the_default():
    picture = draw_next_tokens(TOKENS, CANDIDATES)
    assert picture.data["position"] == 2
    assert picture.data["candidates"][2] == [(" on", 0.7), (".", 0.2)]
    assert picture.alt == "Next token after ␣sat: ␣on 0.70, . 0.20."


def test_below_each_token_is_the_probability_that_it_got():
    picture = draw_next_tokens(["The", " cat", " hid"], CANDIDATES)
    assert picture.data["probs"] == [None, 0.5, None]
    assert "50%" in texts_of(picture) and "rare" in texts_of(picture)
    known = draw_next_tokens(["The", " cat", " hid"], CANDIDATES, probs=[0.5, 0.004])
    assert known.data["probs"] == [None, 0.5, 0.004] and "0.4%" in texts_of(known)


def test_the_page_has_every_position_and_marks_what_follows():
    payload = payload_of(draw_next_tokens(TOKENS, CANDIDATES))
    assert payload["tokens"] == ["The", "␣cat", "␣sat"]
    assert payload["rows"][1] == [["␣ran", "60%", 0.6], ["␣sat", "30%", 0.3]]
    assert payload["follows"] == [0, 1] and len(payload["wide"]["boxes"]) == 3
    assert len(payload["narrow"]["boxes"]) == 3


def test_a_token_cannot_end_the_attribute_or_the_script():
    name = '"</script><b>'
    html = draw_next_tokens([name], [{name: 1.0}]).to_html()
    assert html.count("</script>") == 1 and "<b>" not in html


def test_long_texts_break_into_lines_that_are_not_wider_than_the_picture():
    picture = draw_next_tokens([" word"] * 40, [{" word": 1.0}] * 40)
    boxes = [s for s in picture.scene.shapes if isinstance(s, Rect) and s.height == 28]
    assert len({box.y for box in boxes}) > 3
    assert all(box.x + box.width <= 480 for box in boxes)
    assert picture.scene.height > max(box.y for box in boxes)


def test_it_is_drawn_on_axes_of_matplotlib():
    ax = Figure().add_subplot()
    assert draw_next_tokens(TOKENS, CANDIDATES, ax=ax) is ax


@pytest.mark.parametrize(
    ("prob", "percent"),
    [(0.923, "92%"), (0.0994, "9.9%"), (0.001, "0.1%"), (0.0004, "<0.1%"), (1, "100%")],
)
def test_small_percentages_keep_a_digit(prob, percent):
    assert format_percent(prob) == percent


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"candidates": CANDIDATES[:2]}, "2 rows of candidates for 3 tokens"),
        ({"candidates": [{"a": 3.0}] * 3}, "softmax"),
        ({"candidates": [{}] * 3}, "at least one"),
        ({"candidates": [{"a": float("nan")}] * 3}, "position 0"),
        ({"position": 3}, "position"),
        ({"probs": [0.5]}, "2 numbers from 0 to 1 for 3 tokens"),
    ],
)
def test_what_does_not_fit_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw_next_tokens(**{"tokens": TOKENS, "candidates": CANDIDATES, **arguments})
