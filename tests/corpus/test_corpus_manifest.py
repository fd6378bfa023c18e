"""What `data/manifest.toml` claims, held against the disk; names and folders."""

import hashlib
import re
import tomllib
from pathlib import Path

import pooch
import pytest

from gptcore.manifest import (
    UnknownTextError,
    all_texts,
    data_folder,
    find_text,
    shipped_folder,
    text_path,
)

CHECKOUT = Path(__file__).resolve().parents[2]
SHIPPED = [text for text in all_texts().values() if text.shipped]
DOWNLOADED = [text for text in all_texts().values() if not text.shipped]


STORY_FILES = ("stories.grammar", "story_pages.toml")
RECORDED = ("modern_switches.json", "tuning_runs.json", "own_gpt_runs.json")  # by `make record`
TASK = "endings.jsonl"  # of `gptcore eval`


@pytest.mark.parametrize("text", SHIPPED, ids=lambda text: text.name)
def test_a_shipped_file_has_the_size_and_the_hash_that_the_manifest_claims(text):
    content = (CHECKOUT / "data" / text.path).read_bytes()
    assert len(content) == text.bytes
    assert hashlib.sha256(content).hexdigest() == text.sha256


def test_every_file_in_the_data_folder_is_in_the_manifest_or_known():
    data = CHECKOUT / "data"
    files = {path.relative_to(data).as_posix() for path in data.rglob("*") if path.is_file()}
    assert files == {text.path for text in SHIPPED} | {
        *("manifest.toml", TASK, *RECORDED, *STORY_FILES)
    }


def test_our_names_are_distinct_sorted_and_made_of_2_to_12_small_letters():
    lines = (CHECKOUT / "data" / "names.txt").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not re.fullmatch("[a-z]{2,12}", line)] == []
    assert lines == sorted(set(lines))
    assert len(lines) >= 2000


@pytest.mark.parametrize("text", all_texts().values(), ids=lambda text: text.name)
def test_every_text_says_what_it_is_and_where_it_comes_from(text):
    assert re.fullmatch("[0-9a-f]{64}", text.sha256)
    assert text.bytes > 0 and text.licence and text.source
    assert not Path(text.path).is_absolute() and ".." not in Path(text.path).parts


@pytest.mark.parametrize("text", DOWNLOADED, ids=lambda text: text.name)
def test_a_download_names_one_version_of_its_file_for_ever(text):
    pinned = [re.fullmatch(r"https://[^/]+/.*[0-9a-f]{40}/.*", url) for url in text.urls]
    assert any(pinned), "no address names a commit"


def test_two_downloads_never_share_a_file():
    paths = [text.path for text in DOWNLOADED]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("name", "names"),
        ("Names-SSA", "names-ssa"),
        ("tinyshakespeare", "shakespeare"),
        (["names"], "names"),
    ],
)
def test_a_misspelt_name_gets_the_nearest_one_and_the_whole_list(typed, meant):
    with pytest.raises(UnknownTextError) as caught:
        find_text(typed)
    assert str(caught.value) == (
        f"There is no text {typed!r}. Did you mean {meant!r}? "
        f"The texts are: {', '.join(all_texts())}."
    )
    assert find_text(meant).name == meant


@pytest.mark.parametrize("typed", ["", "qqqq", 7, None, "x" * 10_000])
def test_a_name_like_no_other_gets_the_list_without_a_guess(typed):
    with pytest.raises(ValueError, match=r"^There is no text .{0,40}\. The texts are: names, "):
        find_text(typed)


def test_a_file_name_in_place_of_a_text_name_is_refused_with_how_to_read_it():
    with pytest.raises(
        UnknownTextError, match=r"To read a file of your own: Path\(...\).read_text"
    ):
        find_text("notes.txt")


def test_without_the_variable_downloads_go_where_pooch_would_put_them(monkeypatch):
    for unset in (
        lambda: monkeypatch.delenv("GPTCORE_DATA", raising=False),
        lambda: monkeypatch.setenv("GPTCORE_DATA", ""),
    ):
        unset()
        assert data_folder() == pooch.os_cache("gptcore")


def test_the_variable_is_read_again_at_each_call(monkeypatch, tmp_path):
    for folder in (tmp_path / "one", tmp_path / "two"):
        monkeypatch.setenv("GPTCORE_DATA", str(folder))
        assert text_path(find_text("names-ssa")) == folder / "names.txt"


def test_the_folder_of_the_shipped_texts_is_refused_as_a_place_for_downloads(monkeypatch):
    monkeypatch.setenv("GPTCORE_DATA", str(shipped_folder()))
    with pytest.raises(ValueError, match="Set GPTCORE_DATA to another folder, or unset it"):
        text_path(find_text("names-ssa"))
    assert text_path(find_text("names")).is_file()


def test_data_inside_the_package_comes_before_data_beside_it(monkeypatch, tmp_path):
    package = tmp_path / "gptcore"
    inside, beside = package / "data", tmp_path / "data"
    monkeypatch.setattr("gptcore.manifest.__file__", str(package / "manifest.py"))
    with pytest.raises(OSError, match="The data of gptcore is missing: there is no manifest"):
        shipped_folder()
    for folder in (beside, inside):
        folder.mkdir(parents=True)
        (folder / "manifest.toml").touch()
        assert shipped_folder() == folder


def test_the_manifest_is_plain_toml_with_one_table_for_each_text():
    tables = tomllib.loads((CHECKOUT / "data" / "manifest.toml").read_text(encoding="utf-8"))
    assert set(tables) == set(all_texts()) and {"names", "names-ssa", "shakespeare"} <= set(tables)
