"""`docs/command_line.md` shows the help that the commands print."""

from importlib.metadata import version
from pathlib import Path

import pytest

from course.publishing.command_line import PAGE, help_of, page
from gptcore.cli import COMMANDS

PINNED = Path(__file__).parents[2] / "constraints.txt"

pytestmark = pytest.mark.skipif(
    f"tyro=={version('tyro')}" not in PINNED.read_text(encoding="utf-8").split(),
    reason="another version of tyro lays help out in another way",
)


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "docs/command_line.md is out of date: python -m course.publishing.command_line"
    )


def test_every_command_and_option_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"## gptcore {name}\n" in text
    assert "--max-steps INT" in text and "--n-embd INT" in text


def test_help_has_no_colours():
    assert help_of("doctor").startswith("usage: gptcore doctor") and "\x1b" not in page()
