"""Atomic writes: a file has its name only with its complete content."""

import os
import time

import pytest

from gptcore.checks import as_bool, as_finite, check_choice, did_you_mean, nearest_name
from gptcore.files import atomic_path, read_json, write_json


def test_a_block_that_ends_replaces_the_file_and_leaves_no_other(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    with atomic_path(file) as part:
        part.write_text("new")
        assert file.read_text() == "old" and part.parent == tmp_path
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"] and file.read_text() == "new"


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_a_block_that_fails_changes_nothing(tmp_path, error):
    file = tmp_path / "a.txt"
    file.write_text("old")
    with pytest.raises(error), atomic_path(file) as part:
        part.write_text("half")
        raise error
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"] and file.read_text() == "old"


def test_json_comes_back_as_it_was_written(tmp_path):
    write_json(tmp_path / "a.json", {"ä": [1, None, 0.5]})
    assert read_json(tmp_path / "a.json") == {"ä": [1, None, 0.5]}


def test_limits_of_numbers_are_in_the_message():
    assert as_finite(0, "x", minimum=0) == 0 and as_bool(False, "x") is False
    refusals = {
        "x=-1 must be a number, 0 or more.": lambda: as_finite(-1, "x", minimum=0),
        "x=0 must be a number above 0.": lambda: as_finite(0, "x", above=0),
        "x=1 must be a number from 0 to below 1; why.": lambda: as_finite(
            1, "x", minimum=0, below=1, purpose="why"
        ),
        "x='False' must be True or False.": lambda: as_bool("False", "x"),
        "There is no size 'smal'. Did you mean 'small'? There are: small, big.": lambda: (
            check_choice("smal", "size", ["small", "big"])
        ),
    }
    for message, check in refusals.items():
        with pytest.raises(ValueError) as caught:
            check()
        assert str(caught.value) == message


def test_the_nearest_name_is_found_in_any_case():
    assert nearest_name("NMAES", ["Names", "stories"]) == "Names"
    assert did_you_mean("xyz", ["names"]) == ""


def test_the_parts_of_a_killed_writer_are_removed_a_day_later(tmp_path):
    file = tmp_path / "a[1].json"
    names = (".a[1].json.01234567.part", ".a[1].json.89abcdef.part", ".a1.json.01234567.part")
    old, new, other = (tmp_path / name for name in names)
    for part in (old, new, other):
        part.write_text("half")
    day_ago = time.time() - 24 * 3600 - 1
    for part in (old, other):
        os.utime(part, (day_ago, day_ago))
    write_json(file, 1)
    assert sorted(tmp_path.iterdir()) == sorted([file, new, other])
