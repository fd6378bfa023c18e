"""Bars for the next token: numbers that are probabilities, labels that can be seen."""

import math
import re
import time
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import BLUE, FAINT, ORANGE
from viz.canvas.picture import html_page
from viz.next_token.probabilities import draw_probabilities

NS = "{http://www.w3.org/2000/svg}"


def texts_of(picture) -> list[str]:
    return [element.text or "" for element in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


def bars_of(picture) -> list[dict]:
    return [
        r.attrib
        for r in ET.fromstring(picture.to_svg()).iter(f"{NS}rect")
        if r.get("fill") in (BLUE, ORANGE)
    ]


def test_letters_are_side_by_side_in_their_own_order_as_tall_as_they_are_likely():
    picture = draw_probabilities([0.2, 0.5, 0.3], ["a", "b", "c"], title="Next letter")
    bars = bars_of(picture)
    heights = [float(bar["height"]) for bar in bars]
    assert [h / heights[1] for h in heights] == pytest.approx([0.4, 1.0, 0.6], abs=0.01)
    assert [bar["fill"] == ORANGE for bar in bars] == [False, True, False]
    assert len({float(bar["y"]) + float(bar["height"]) for bar in bars}) == 1  # one floor
    texts = texts_of(picture)
    assert [t for t in texts if t in "abc"] == ["a", "b", "c"]
    assert {"Next letter", "20%", "50%", "30%"} <= set(texts)


def test_words_are_ranked_as_long_as_they_are_likely():
    picture = draw_probabilities({"heads": 0.25, "edge": 0.05, "tails": 0.7})
    bars = bars_of(picture)
    widths = [float(bar["width"]) for bar in bars]
    assert [w / widths[0] for w in widths] == pytest.approx([1, 0.25 / 0.7, 0.05 / 0.7], abs=0.01)
    words = [t for t in texts_of(picture) if not t.endswith("%")]
    assert words == ["tails", "heads", "edge"]
    assert [t for t in texts_of(picture) if t.endswith("%")] == ["70.0%", "25.0%", "5.0%"]


def test_a_mapping_and_two_rows_are_the_same_picture():
    one = draw_probabilities({"heads": 0.25, "tails": 0.75})
    two = draw_probabilities(np.array([0.25, 0.75]), ["heads", "tails"])
    assert one.to_svg() == two.to_svg()
    assert one.data == {"heads": 0.25, "tails": 0.75}
    assert one.alt == "Probabilities of 2 tokens; the likeliest: tails 0.75, heads 0.25."


def test_without_tokens_their_numbers_are_the_labels():
    assert draw_probabilities([0.25, 0.75]).data == {"0": 0.25, "1": 0.75}


def test_a_softmax_of_16_bits_is_a_softmax():
    torch = pytest.importorskip("torch")
    for seed in range(20):
        torch.manual_seed(seed)
        probs = torch.softmax(torch.randn(5), -1).to(torch.bfloat16)  # 8 bits: sums miss 1 a little
        assert sum(draw_probabilities(probs).data.values()) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("probs", "match"),
    [
        (
            [0.5, 0.4],
            "the smallest is 0.4 and they sum to 0.9, not 1. If they are logits",
        ),
        ([1.5, -0.5], "the smallest is -0.5 and they sum to 1, "),
        ([0.5, math.nan], "probs has nan at position 1"),
        ([math.inf, 0.0], "probs has inf at position 0"),
        ([[0.5, 0.5]], "probs must be one row of numbers"),
        ([1.0], "1 probabilities for 2 tokens: give one for each token"),
        ([0.5, 0.25, 0.25], "3 probabilities for 2 tokens"),
    ],
)
def test_invalid_probabilities_are_refused(probs, match):
    with pytest.raises(ValueError, match=match):
        draw_probabilities(probs, ["a", "b"])


def test_following_the_error_message_for_logits_works():
    logits = np.array([2.0, -1.0])
    with pytest.raises(ValueError, match="put them through softmax first"):
        draw_probabilities(logits, ["a", "b"])
    draw_probabilities(np.exp(logits) / np.exp(logits).sum(), ["a", "b"])


@pytest.mark.parametrize("probs", [[], {}, np.array([])])
def test_empty_inputs_are_refused(probs):
    with pytest.raises(ValueError, match="at least one"):
        draw_probabilities(probs, [])


def test_of_fifty_thousand_tokens_the_most_likely_are_drawn_and_the_rest_summed():
    weights = np.random.default_rng(0).exponential(size=50_000) ** 3
    probs = weights / weights.sum()
    began = time.process_time()
    picture = draw_probabilities(probs, [f"token{i}" for i in range(50_000)])
    assert time.process_time() - began < 1
    assert len(picture.to_svg()) < 20_000
    texts = texts_of(picture)
    best = np.argsort(-probs)[:15]
    assert [t for t in texts if t.startswith("token")] == [f"token{i}" for i in best]
    (others,) = [t for t in texts if "others" in t]
    assert others == f"49,985 others together: {100 * (1 - probs[best].sum()):.1f}%"
    assert len(picture.data) == 50_000


def test_how_many_are_drawn_can_be_chosen():
    picture = draw_probabilities(
        [0.4, 0.3, 0.2, 0.1], ["one!", "two!", "three", "four"], max_tokens=2
    )
    assert len(bars_of(picture)) == 2
    assert "2 others together: 30.0%" in texts_of(picture)


@pytest.mark.parametrize("token", [" ", "\n", "\t", "", "  ", "\r", "\u00a0", "\u3000"], ids=ascii)
@pytest.mark.parametrize("other", ["b", "longer"])
def test_an_invisible_token_is_made_visible(token, other):
    texts = texts_of(draw_probabilities({token: 0.5, other: 0.5}))
    (label,) = [t for t in texts if t != other and not t.endswith("%")]
    assert label.strip()


@pytest.mark.parametrize("token", ["\x00", "\x1b", "\ufffe", "\udc80"], ids=ascii)
def test_a_token_of_any_character_can_be_drawn(token):
    picture = draw_probabilities({token: 0.5, "b": 0.5})
    assert ET.fromstring(picture.to_svg().encode()) is not None
    assert html_page(picture).encode()


def test_markup_in_a_token_stays_text():
    evil = "<script>"
    picture = draw_probabilities({evil: 0.5, "a" * 50: 0.5}, title=evil + "alert(1)</script>")
    for text in (picture.to_svg(), picture.to_html(), html_page(picture)):
        assert "<script" not in text
    assert evil in texts_of(picture)
    assert "a" * 17 + "…" in texts_of(picture)


def test_tokens_that_look_the_same_both_count():
    picture = draw_probabilities([0.5, 0.5], ["\ufffd", "\ufffd"])  # two bytes that are no text
    assert len(picture.data) == 2
    assert len(bars_of(picture)) == 2


def test_a_certain_token_among_impossible_ones():
    picture = draw_probabilities([0.0, 1.0, 0.0], ["a", "b", "c"])
    assert "100%" in texts_of(picture)
    assert [float(bar["height"]) for bar in bars_of(picture)] == pytest.approx([0, 150, 0])


def test_every_label_lies_within_the_picture():
    for n in (1, 2, 27, 40, 41):
        picture = draw_probabilities([1 / n] * n, [chr(97 + i) for i in range(n)], title="t" * 60)
        root = ET.fromstring(picture.to_svg())
        width, height = float(root.get("width")), float(root.get("height"))
        for element in root.iter(f"{NS}text"):
            assert 0 <= float(element.get("x")) <= width
            assert 0 <= float(element.get("y")) <= height


def test_matplotlib_axes_show_the_same_bars():
    ax = Figure().add_subplot()
    assert draw_probabilities([0.25, 0.75], ["heads", "tails"], ax=ax) is ax
    assert {"heads", "tails", "25.0%", "75.0%"} == {text.get_text() for text in ax.texts}
    assert len(ax.patches) == 4
    faint = [
        p
        for p in ax.patches
        if p.get_facecolor()[:3]
        == pytest.approx([int(FAINT[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    ]
    assert len(faint) == 2


def test_the_alt_text_is_true():
    probs = np.random.default_rng(1).dirichlet(np.ones(12))
    alt = draw_probabilities(probs, [f"t{i}" for i in range(12)]).alt
    named = re.findall(r"(t\d+) (\d\.\d\d)", alt)
    best = sorted(range(12), key=lambda i: -probs[i])[:3]
    assert named == [(f"t{i}", f"{probs[i]:.2f}") for i in best]
