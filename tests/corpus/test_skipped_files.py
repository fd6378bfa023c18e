"""Skipped files among the sources are reported, with the reason."""

import json
import os
import warnings

import pytest
from small_corpora import LETTERS, files_in, write_parquet

from gptcore.corpus import ShardSettings, prepare
from gptcore.corpus.reading.sources import resolve_sources

BY_FILE = ShardSettings(document="file", val_share=0.0)


def names_left_out(manifest):
    return {name: row["reason"] for row in manifest["skipped"] for name in row["names"]}


@pytest.fixture
def mixed(tmp_path, monkeypatch):
    """A folder with something of everything; the working folder is the one above."""
    monkeypatch.chdir(tmp_path)
    for folder in ("in/.git", "in/sub", "elsewhere"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("a.txt", "sub/b.txt", ".git/c.txt", ".d.txt"):
        (tmp_path / "in" / name).write_text("text")
    (tmp_path / "elsewhere" / "e.txt").write_text("from elsewhere")
    (tmp_path / "in" / "notes.md").write_text("text")
    (tmp_path / "in" / "old.tar.gz").write_bytes(b"\x1f\x8b")
    (tmp_path / "in" / "infos.json").write_text('{"version": 1}')
    for name, target in {
        "linked": "../elsewhere",
        "up": "..",
        "to_sub": "sub",
        "gone.txt": "nowhere.txt",
        "same.txt": "a.txt",
        "round": "round",
    }.items():
        (tmp_path / "in" / name).symlink_to(target)
    return tmp_path / "in"


def test_skipped_files_are_in_the_manifest_and_in_warnings(mixed, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(prepare("in", "out", LETTERS, settings=BY_FILE))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    found = [row["name"] for row in manifest["sources"]]
    assert found == ["in/a.txt", "in/linked/e.txt", "in/sub/b.txt"]
    skipped = names_left_out(manifest)
    assert {name: reason.split(" (")[0] for name, reason in skipped.items()} == {
        "in/.git": "hidden",
        "in/.d.txt": "hidden",
        "in/notes.md": "of an unsupported format",
        "in/old.tar.gz": "of an unsupported format",
        "in/infos.json": "JSON",
        "in/gone.txt -> nowhere.txt": "a broken link",
        "in/round -> round": "a broken link",
        "in/same.txt -> a.txt": "a link to a file that is read already",
        "in/to_sub -> sub": "a link to a folder that is read already",
        "in/up -> ..": "a link to a parent folder",
    }
    message = "\n".join(str(one.message) for one in caught)
    for row in manifest["skipped"]:
        assert row["count"] == len(row["names"])
        assert f"left out: {row['count']} {row['reason']}: {row['names'][0]}" in message
    named = {name.split(" -> ")[0] for name in [*found, *skipped]}
    assert {f"in/{name}" for name in os.listdir("in")} - named == {"in/sub", "in/linked"}


def test_a_real_folder_keeps_its_name_whatever_links_lead_to_it(tmp_path):
    (tmp_path / "z").mkdir()
    (tmp_path / "z" / "a.txt").write_text("text")
    (tmp_path / "a").symlink_to("z")
    found = resolve_sources([str(tmp_path)])
    assert [source.name for source in found.sources] == [str(tmp_path / "z" / "a.txt")]
    assert [one.name for one in found.skipped] == [f"{tmp_path / 'a'} -> z"]


def test_the_folder_of_the_shards_and_other_shards_are_not_sources(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("one")
    list(prepare(".", "first", LETTERS, settings=BY_FILE))
    list(prepare(".", "second", LETTERS, settings=BY_FILE))
    for folder in ("first", "second"):
        assert list(prepare(".", folder, LETTERS, settings=BY_FILE)) == []
    manifest = json.loads((tmp_path / "second" / "manifest.json").read_text())
    assert [row["name"] for row in manifest["sources"]] == ["a.txt"]
    assert names_left_out(manifest) == {"first": "made by gptcore prepare (a folder of shards)"}


def test_a_folder_in_which_nothing_can_be_read_says_what_it_has(tmp_path):
    (tmp_path / "a.pdf").touch()
    (tmp_path / "b.pdf").touch()
    with pytest.raises(ValueError, match=r"left out: 2 of an unsupported format \(\.pdf\): "):
        resolve_sources([str(tmp_path)])


def test_a_pattern_names_what_it_means_and_does_not_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in" / "sub").mkdir(parents=True)
    for name in ("a.txt", "sub/b.txt"):
        (tmp_path / "in" / name).write_text("text")
    (tmp_path / "in" / "gone.txt").symlink_to("nowhere")
    found = resolve_sources(["in/*"])
    assert [source.name for source in found.sources] == ["in/a.txt"]
    assert [one.name for one in found.skipped] == ["in/gone.txt -> nowhere", "in/sub"]
    found = resolve_sources(["in/**"])
    assert [source.name for source in found.sources] == ["in/a.txt", "in/sub/b.txt"]
    assert [one.name for one in found.skipped] == ["in/gone.txt -> nowhere"]


@pytest.mark.parametrize("folder", ["data [v1]", "data [ab", "data ]x[", "a?b", "data [a-z]/[0-9]"])
def test_a_folder_may_have_the_signs_of_a_pattern_in_its_name(tmp_path, folder):
    (tmp_path / folder).mkdir(parents=True)
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / folder / name).write_text("text")
    for pattern, wanted in {"*.txt": "abc", "[ab].txt": "ab", "?.txt": "abc", "**": "abc"}.items():
        found = resolve_sources([str(tmp_path / folder / pattern)]).sources
        assert "".join(source.path.stem for source in found) == wanted
    with pytest.raises(ValueError, match=r"No file matches .* has: a\.txt, b\.txt, c\.txt\."):
        resolve_sources([str(tmp_path / folder / "*.jsonl")])


def test_a_pattern_that_means_another_folder_still_means_that(tmp_path):
    for folder in ("in[12]", "in1"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.txt").write_text("text")
    (source,) = resolve_sources([str(tmp_path / "in[12]" / "*.txt")]).sources
    assert source.path.parent.name == "in1"


@pytest.mark.parametrize("make", [lambda path: os.symlink("gone", path), os.mkfifo])
def test_a_path_that_is_not_a_regular_file_is_named_by_its_kind(tmp_path, make):
    make(tmp_path / "a.txt")
    with pytest.raises(ValueError) as caught:
        resolve_sources([str(tmp_path / "a.txt")])
    assert "a broken link" in str(caught.value) or "a pipe or a device" in str(caught.value)
    assert "mean" not in str(caught.value)


# What one document of a text file is


def documents(folder):
    return json.loads((folder / "manifest.json").read_text())["train"]["documents"]


def test_a_text_file_is_one_document_and_a_note_tells_of_the_guess(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n")
    guess, by_line = ShardSettings(val_share=0.0), ShardSettings(document="line", val_share=0.0)
    letters = type(LETTERS)(LETTERS.characters + "\n")
    with pytest.warns(UserWarning, match=r"a\.txt: the whole file is taken as one document"):
        list(prepare(tmp_path / "a.txt", tmp_path / "guess", letters, settings=guess))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(prepare(tmp_path / "a.txt", tmp_path / "lines", letters, settings=by_line))
        list(prepare(tmp_path / "a.txt", tmp_path / "file", letters, settings=BY_FILE))
        (tmp_path / "b.txt").write_text("\n one line\n\n")  # nothing to guess
        list(prepare(tmp_path / "b.txt", tmp_path / "b", letters, settings=guess))
        list(prepare(tmp_path / "a.txt", tmp_path / "lines", letters, settings=guess))  # as it was
    counted = {name: documents(tmp_path / name) for name in ("guess", "lines", "file", "b")}
    assert counted == {"guess": 1, "lines": 2, "file": 1, "b": 1}
    with pytest.raises(ValueError, match="document: line, now file"):
        list(prepare(tmp_path / "a.txt", tmp_path / "lines", letters, settings=BY_FILE))


def test_of_named_texts_it_is_known_what_a_document_is(tmp_path):
    letters = type(LETTERS)("abcdefghijklmnopqrstuvwxyz")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        list(prepare("names", tmp_path / "out", letters, settings=ShardSettings(val_share=0.0)))
    assert documents(tmp_path / "out") > 2000


def test_files_beside_those_that_are_read_change_nothing(tmp_path):
    """A table among things that are left out becomes the same shards as alone."""
    (tmp_path / "in").mkdir()
    write_parquet(tmp_path / "in" / "a.parquet", ["one", "two", "three"])
    list(prepare(tmp_path / "in", tmp_path / "alone", LETTERS))
    for name in ("infos.json", "README.md", ".hidden", "table.csv"):
        (tmp_path / "in" / name).write_text('{"a": 1}')
    list(prepare(tmp_path / "in", tmp_path / "among", LETTERS))
    single, among = (files_in(tmp_path / name) for name in ("alone", "among"))
    assert single.keys() == among.keys()
    assert all(single[name] == among[name] for name in single if name.endswith(".bin"))
