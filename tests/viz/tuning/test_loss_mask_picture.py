"""What is graded is coloured and underlined, token by token, as the mask of the library says."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.figure import Figure

from gptcore import tuning
from gptcore.tokenizers import CharTokenizer
from viz import draw_loss_mask
from viz.canvas.palette import GREEN, INK, contrast
from viz.canvas.scene import Rect, Text
from viz.tuning.loss_mask import GRADED, LEAST_SHADE, MOST_SHADE, NOT_GRADED
from viz.tuning.turns import find_roles, split_turns

TOKENS = ["<|bos|>", "<|user|>", *"2+3?", "<|assistant|>", "5", "<|end|>"]
MASK = [False] * 7 + [True, True]


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def underlined(picture) -> list[str]:
    """The texts above a green line, as a reader finds them."""
    shapes = picture.scene.shapes
    lines = [s for s in shapes if isinstance(s, Rect) and s.fill == GREEN and s.width != 22]
    return [
        text.text
        for line in lines
        for text in shapes
        if isinstance(text, Text)
        and line.x <= text.x <= line.x + line.width
        and 0 < line.y - text.y < 15
    ]


def test_what_is_graded_is_underlined_and_counted():
    picture = draw_loss_mask(TOKENS, MASK)
    assert underlined(picture) == ["5", "<|end|>"]
    assert picture.data["graded"] == 2 and picture.data["fraction"] == pytest.approx(2 / 9)
    assert picture.alt == "2 of 9 tokens are graded (22 %): 5<|end|>."
    papers = [s.fill for s in picture.scene.shapes if isinstance(s, Rect) and s.height == 25]
    assert papers == [NOT_GRADED] * 7 + [GRADED] * 2
    assert "2 of 9 tokens are graded (22 %)" in texts_of(picture)


def test_the_mask_of_a_chat_format_is_drawn_with_its_roles():
    pytest.importorskip("torch", reason="chat formats are beside the models that are tuned")
    special = tuning.CHAT_TOKENS.values()
    chat = tuning.ChatFormat(CharTokenizer("0123456789+?", special_tokens=special))
    messages = [
        *({"role": "user", "content": "2+3?"}, {"role": "assistant", "content": "5"}),
        *({"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}),
    ]
    picture = draw_loss_mask(chat.render(messages), tokenizer=chat.tokenizer)
    assert underlined(picture) == ["5", "<|end|>", "2", "<|end|>"]
    shown = [text for text in texts_of(picture) if text in ("user", "assistant")]
    assert shown == ["user", "assistant", "user", "assistant"]
    with pytest.raises(ValueError, match=r"tokens are ids.* give tokenizer="):
        draw_loss_mask(chat.render(messages))


def test_ids_are_read_by_any_tokenizer_that_decodes():
    class Tokenizer:
        def decode(self, ids):
            return "".join("abc"[id] for id in ids)

    picture = draw_loss_mask(np.array([0, 2, 1]), [0, 1, 0], tokenizer=Tokenizer())
    assert picture.data["tokens"] == ["a", "c", "b"]
    assert underlined(picture) == ["c"]


def test_roles_are_read_from_both_kinds_of_special_tokens():
    assert find_roles(TOKENS) == ["user"] * 6 + ["assistant"] * 3
    marked = ["<|im_start|>", "system", "\n", "be", "<|im_end|>", "<|im_start|>", "user", "\n"]
    assert find_roles(marked) == ["system"] * 5 + ["user"] * 3
    assert find_roles(["<|im_start|>", "ass", "istant", "\n", "yes"]) == ["assistant"] * 5
    assert find_roles(["so", " it"]) == ["", ""]
    assert split_turns(["a", "a", "b"]) == [("a", range(0, 2)), ("b", range(2, 3))]
    assert "user" not in texts_of(draw_loss_mask(TOKENS, MASK, roles=["q"] * 6 + ["a"] * 3))


def test_several_masks_of_one_conversation_are_below_each_other():
    masks = {"answers": MASK, "everything": [True] * 9, "nothing": [False] * 9}
    picture = draw_loss_mask(TOKENS, masks, title="Three masks")
    assert [data["graded"] for data in picture.data.values()] == [2, 9, 0]
    assert len(underlined(picture)) == 11
    assert "nothing: none of the 9 tokens is graded: there is nothing to learn" in picture.alt
    heights = [shape.y for shape in picture.scene.shapes if getattr(shape, "text", "") in masks]
    assert heights == sorted(heights) and len(heights) == 3


def test_a_loss_is_a_number_and_a_shade_and_only_graded_ones_count():
    losses = [None] + [9.0] * 6 + [0.5, 2.5]
    picture = draw_loss_mask(TOKENS, MASK, losses=losses)
    assert picture.data["mean_loss"] == 1.5
    assert "2 of 9 tokens are graded (22 %), mean loss 1.5 nats" in texts_of(picture)
    texts = texts_of(picture)
    assert {"0.5", "2.5", "loss 0 to 2.5 nats"} <= set(texts) and "9.0" not in texts
    papers = [s.fill for s in picture.scene.shapes if isinstance(s, Rect) and s.height == 25]
    assert papers[:7] == [NOT_GRADED] * 7
    assert papers[8] == MOST_SHADE and papers[7] not in (MOST_SHADE, LEAST_SHADE)
    assert draw_loss_mask(TOKENS, MASK, losses=[0.0] * 9).data["mean_loss"] == 0


def test_words_can_be_read_on_every_paper():
    for paper in (GRADED, NOT_GRADED, LEAST_SHADE, MOST_SHADE):
        assert contrast(INK, paper) >= 4.5


def test_a_long_conversation_wraps_and_a_very_long_one_is_cut():
    picture = draw_loss_mask([" word"] * 80, [True] * 80)
    boxes = [s for s in picture.scene.shapes if isinstance(s, Rect)]
    assert max(box.x + box.width for box in boxes) <= 720
    assert len({box.y for box in boxes if box.height == 25}) > 5
    cut = draw_loss_mask(["x"] * 10_000, [True] * 10_000)
    assert "... and 9,700 more tokens" in texts_of(cut)
    assert "10,000 of 10,000 tokens are graded" in cut.alt
    assert len(cut.to_svg()) < 200_000
    assert all(shape.y <= cut.scene.height for shape in cut.scene.shapes)


def test_markup_and_bytes_stay_text():
    picture = draw_loss_mask(["<b>", b"\xc3", b"\xa9"], [True, True, False], title="<script>")
    assert ET.fromstring(picture.to_svg()) is not None
    assert not re.search("<script|<b>", picture.to_html() + picture.to_svg())
    assert "é" in texts_of(picture)


def test_matplotlib_axes_show_the_tokens():
    ax = Figure().add_subplot()
    assert draw_loss_mask(TOKENS, MASK, ax=ax) is ax
    assert "<|end|>" in {text.get_text() for text in ax.texts}


@pytest.mark.parametrize(
    ("tokens", "options", "message"),
    [
        (TOKENS, {}, "is_graded is missing"),
        (TOKENS, {"is_graded": MASK[:-1]}, "is_graded has 8 values for 9 tokens"),
        (TOKENS, {"is_graded": {"all": [True]}}, r"is_graded\['all'\] has 1 values for 9 tokens"),
        (TOKENS, {"is_graded": {}}, "is_graded has no mask"),
        (TOKENS, {"is_graded": [None] * 9}, "one of them is None"),
        (TOKENS, {"is_graded": [-100] * 9}, r"-100. If these are labels, give \[label != -100"),
        (TOKENS, {"is_graded": [float("nan")] * 9}, "one of them is nan"),
        (TOKENS, {"is_graded": "no"}, "must be a list of True and False, not 'no'"),
        (TOKENS, {"is_graded": 3}, "must be a list of True and False, not 3"),
        (TOKENS, {"is_graded": MASK, "roles": ["user"]}, "roles must be 9 names"),
        (TOKENS, {"is_graded": MASK, "losses": [1.0]}, "losses has 1 numbers for 9 tokens"),
        (TOKENS, {"is_graded": MASK, "losses": [None] * 9}, "nan at position 7, which is graded"),
        (TOKENS, {"is_graded": MASK, "losses": ["much"] * 9}, "losses must be numbers"),
        (TOKENS, {"is_graded": MASK, "losses": 2.5}, "losses must be one row of numbers"),
        ([], {"is_graded": []}, "There are no tokens to draw"),
        (None, {"is_graded": []}, "not None"),
        ("so it goes", {"is_graded": MASK}, "Put it through a tokenizer first"),
        ([3, 4], {"is_graded": [True, True]}, "tokens are ids, such as"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tokens, options, message):
    with pytest.raises(ValueError, match=message):
        draw_loss_mask(tokens, **options)
    labels = [-100, 5]
    assert draw_loss_mask(["a", "b"], [label != -100 for label in labels]).data["graded"] == 1
