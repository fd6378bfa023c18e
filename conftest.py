"""How `pytest --nbval notebooks/` compares: everything an output says, except the pixels inside
an HTML image.

A cell that needs what this machine has not is skipped, with the command that brings it.
"""

from pathlib import Path

import pytest

from course.needs import missing

ROOT = Path(__file__).resolve().parent


def pytest_configure(config):
    if getattr(config.option, "nbval", False):
        config.option.nbval_sanitize_with = str(ROOT / "course" / "nbval.cfg")


def pytest_collection_modifyitems(items):
    for item in items:
        tags = getattr(item, "cell", None) and item.cell.metadata.get("tags", [])
        reason = missing(tags) if tags else ""
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
