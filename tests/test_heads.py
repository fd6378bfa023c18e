"""The advice for a width that does not divide: its words, and that it works when followed."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gptcore.heads import check_heads
from gptcore.scalar import MicroConfig


@pytest.mark.parametrize(
    "n_embd, n_head, head_size",
    [(768, 12, 64), (1024, 16, 64), (1280, 20, 64), (1600, 25, 64), (16, 4, 4), (1, 1, 1)],
)
def test_the_widths_of_gpt2_and_of_microgpt_divide(n_embd, n_head, head_size):
    assert check_heads(n_embd, n_head) == head_size


@pytest.mark.parametrize("check", [check_heads, MicroConfig])
def test_heads_that_do_not_fit_are_refused_with_ones_that_do(check):
    with pytest.raises(ValueError) as caught:
        check(512, 12)
    assert str(caught.value) == (
        "n_embd=512 is not divisible by n_head=12. "
        "Keep n_embd and set n_head to 8 or 16; or keep n_head and set n_embd to 480 or 576 "
        "(504 and 516 divide too, but GPUs like head sizes that are multiples of 8)."
    )
    for n_embd, n_head in ((512, 8), (512, 16), (480, 12), (576, 12), (504, 12), (516, 12)):
        check(n_embd, n_head)
    assert check_heads(512, 8) == 64  # as in every GPT-2
    assert (check_heads(480, 12), check_heads(576, 12)) == (40, 48)


@pytest.mark.parametrize(
    "n_embd, n_head, advice",
    [
        (16, 3, "set n_head to 2 or 4; or keep n_head and set n_embd to 24 (15 and 18 divide too,"),
        (7, 9, "set n_head to 7; or keep n_head and set n_embd to 72 (9 divides too,"),
        (3, 2, "set n_head to 1 or 3; or keep n_head and set n_embd to 16 (2 and 4 divide too,"),
        (1, 2, "set n_head to 1; or keep n_head and set n_embd to 16 (2 divides too,"),
    ],
)
def test_small_sizes_get_advice_that_is_not_zero(n_embd, n_head, advice):
    with pytest.raises(ValueError) as caught:
        check_heads(n_embd, n_head)
    assert f"Keep n_embd and {advice}" in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(st.integers(1, 3000), st.integers(1, 200))
@pytest.mark.slow
def test_every_size_that_is_proposed_is_accepted(n_embd, n_head):
    assume(n_embd % n_head)
    with pytest.raises(ValueError) as caught:
        check_heads(n_embd, n_head)
    advice = str(caught.value)
    heads, widths, also = re.fullmatch(
        r".* set n_head to ([\d or]+); or keep n_head and set n_embd to ([\d or]+)(.*)\.", advice
    ).groups()
    for proposed in map(int, re.findall(r"\d+", heads)):
        assert check_heads(n_embd, proposed)
    for proposed in map(int, re.findall(r"\d+", widths)):
        assert check_heads(proposed, n_head) % 8 == 0
    for proposed in map(int, re.findall(r"\d+", also.split("divide")[0])):
        assert check_heads(proposed, n_head)
        assert abs(proposed - n_embd) < n_head  # the nearest there is, on its side


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 3000), st.integers(1, 200))
def test_no_number_of_heads_nearer_than_the_proposed_ones_divides(n_embd, n_head):
    assume(n_embd % n_head)
    with pytest.raises(ValueError) as caught:
        check_heads(n_embd, n_head)
    proposed = re.search(r"set n_head to ([\d or]+);", str(caught.value)).group(1)
    nearest = [int(found) for found in re.findall(r"\d+", proposed)]
    below = [d for d in nearest if d < n_head]
    above = [d for d in nearest if d > n_head]
    between = range(below[0] + 1 if below else 1, above[0] if above else n_embd + 1)
    assert not [d for d in between if n_embd % d == 0]


@pytest.mark.parametrize("size", [0, -4, 1.5, "16", True, None])
def test_sizes_that_are_not_positive_integers_are_refused(size):
    for name, sizes in (("n_embd", (size, 4)), ("n_head", (16, size))):
        with pytest.raises(ValueError) as caught:
            check_heads(*sizes)
        assert str(caught.value) == f"{name}={size!r} must be an integer, 1 or more."
