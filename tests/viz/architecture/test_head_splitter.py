"""The head split: every setting of the sliders, with the error messages of gptcore."""

import base64
import re
import time
from textwrap import wrap

import pytest

from gptcore.heads import check_heads
from viz import HeadSplitter, draw_head_split


def count(n_embd, n_head):
    return {"attention": 48 * n_embd**2, "MLPs": 96 * n_embd**2}


@pytest.fixture
def splitter() -> HeadSplitter:
    return HeadSplitter(768, 12, check=check_heads, parameters=count)


def words_of(html: str) -> str:
    svg = base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", html)[1]).decode()
    return " ".join(re.findall(r">([^<]+)</text>", svg))


def test_it_begins_with_gpt2_and_its_head_dim(splitter):
    words = words_of(splitter.screen.value)
    assert "768 numbers split into 12 heads: 64 each" in words
    assert "a multiple of 8, for which GPUs are fast" in words
    assert f"{144 * 768**2:,}" in words


def test_a_remainder_is_drawn_with_the_error_message_of_gptcore(splitter):
    splitter.n_embd.value = 512
    words = words_of(splitter.screen.value)
    assert "512 / 12 is not whole: 8 of 512 numbers belong to no head" in words
    assert "8 left over" in words
    with pytest.raises(ValueError, match="512") as refused:
        check_heads(512, 12)
    for line in wrap(str(refused.value), 104):
        assert line in words
    assert splitter.picture().data["head_dim"] is None


def test_following_the_error_message_works(splitter):
    for n_embd, n_head in (
        (512, 8),
        (512, 16),
        (480, 12),
        (576, 12),
        (504, 12),
        (516, 12),
        (528, 12),
    ):
        splitter.n_embd.value, splitter.n_head.value = n_embd, n_head
        assert splitter.picture().data["head_dim"] == check_heads(n_embd, n_head)
        slow = (n_embd // n_head) % 8
        assert ("runs slower on a GPU" in words_of(splitter.screen.value)) == bool(slow)


def test_the_number_of_heads_does_not_change_the_parameters(splitter):
    counts = []
    for n_head in (1, 2, 3, 4, 6, 8, 12, 16, 24):
        splitter.n_head.value = n_head
        counts.append(splitter.picture().data["parameters"])
    assert counts == [count(768, 12)] * 9


@pytest.mark.slow
def test_every_setting_of_the_sliders_is_drawn_and_each_step_shows():
    splitter = HeadSplitter(64, 1, check=check_heads, parameters=count, n_embd_range=(64, 256, 4))
    seen = set()
    start = time.process_time()
    settings = [(n_embd, n_head) for n_embd in range(64, 257, 4) for n_head in range(1, 26, 3)]
    for n_embd, n_head in settings:
        splitter.n_embd.value, splitter.n_head.value = n_embd, n_head
        seen.add(splitter.screen.value)
        has_remainder = "left over" in words_of(splitter.screen.value)
        assert has_remainder == bool(n_embd % n_head)
    assert len(seen) == len(settings)
    assert (time.process_time() - start) / len(settings) < 0.2


def test_without_functions_the_split_is_drawn():
    splitter = HeadSplitter(512, 12)
    assert "Choose sizes that divide." in words_of(splitter.screen.value)


@pytest.mark.parametrize(("n_embd", "n_head"), [(63, 1), (66, 1), (1604, 1), (768, 0), (768, 26)])
def test_a_first_value_outside_its_range_is_refused(n_embd, n_head):
    with pytest.raises(ValueError, match="the first values of the sliders"):
        HeadSplitter(n_embd, n_head)


def test_the_still_twin_draws_any_sizes_and_refuses_invalid_ones():
    assert "26 of 96 heads drawn" in draw_head_split(12288, 96).to_svg()
    assert draw_head_split(5, 12).data["head_dim"] is None
    for sizes in ((0, 1), (8, 0), (8.0, 2), (True, 1)):
        with pytest.raises(ValueError, match="must be a whole number, 1 or more"):
            draw_head_split(*sizes)
    one = draw_head_split(768, 12, parameters=124_439_808)
    assert "124,439,808 parameters" in one.alt
