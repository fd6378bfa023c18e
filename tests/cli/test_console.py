"""Texts of others on a terminal: they are shown, and change nothing else."""

import pytest

from gptcore.cli.console import one_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines", "two lines"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("abc\u202edcba", "abc\\u202edcba"),
        ("\u2066isolated\u2069", "\\u2066isolated\\u2069"),
        ("שלום عَرَبِيّ café 👩‍💻", "שלום عَرَبِيّ café 👩‍💻"),
    ],
    ids=["lines", "escape", "override", "isolate", "scripts"],
)
def test_a_text_is_one_line_without_controls(text, shown):
    assert one_line(text) == shown
