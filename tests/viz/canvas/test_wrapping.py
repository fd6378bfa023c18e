"""Texts in the few lines of a card."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from viz.canvas.visible_text import display_width
from viz.canvas.wrapping import wrap_text

quick = settings(max_examples=100, deadline=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("the cat", ["the cat"]),
        ("the cat sat on", ["the cat", "sat on"]),
        ("the\ncat", ["the↵", "cat"]),
        ("the\n\n\ncat\n", ["the↵↵↵", "cat↵"]),
        ("abcdefghijklm", ["abcdefgh", "ijklm"]),
        ("a b c d e f g h i j k l m n", ["a b c d", "e f g h", "i j k l…"]),
        ("犬犬犬犬犬", ["犬犬犬犬", "犬"]),
    ],
)
def test_lines_end_between_words_and_at_line_ends(text, lines):
    assert wrap_text(text, 8, 3) == lines


@quick
@given(st.text(max_size=300), st.integers(6, 40), st.integers(1, 6))
def test_no_line_is_too_long_and_nothing_disappears_without_a_sign(text, columns, most):
    lines = wrap_text(text, columns, most)
    assert 1 <= len(lines) <= most
    assert all(display_width(line) <= columns for line in lines)
    if not lines[-1].endswith("…"):
        letters = re.sub(r"\s", "", text)
        assert len("".join(lines)) >= len(letters)


def test_a_very_long_text_is_not_gone_through_to_its_end():
    assert wrap_text("a " * 10**6, 20, 2)[-1].endswith("…")
