"""Shards, their manifest and the commands that are printed hold from any folder, and after a move.

Paths with blanks, `~`, nothing at all; folders that may only be read; permissions of new files.
"""

import json
import os
import shlex
import shutil
import subprocess
import sys

import pytest
from small_corpora import LETTERS, files_in, some_texts, write_parquet

from gptcore.checks import as_path
from gptcore.cli import main
from gptcore.corpus import (
    Batches,
    ShardDamagedError,
    ShardSettings,
    prepare,
    read_table,
    write_table,
)
from gptcore.corpus.shards.batches import vocab_size_of
from gptcore.tokenizers import CharTokenizer, load_tokenizer
from gptcore.training import tokenizer_of_folder

SIZES = {"batch_size": 2, "block_size": 8, "seed": 1}


@pytest.fixture
def prepared(tmp_path, monkeypatch):
    """Shards made with relative paths that have blanks, by a tokenizer in a file."""
    home = tmp_path / "my work"
    (home / "other").mkdir(parents=True)
    monkeypatch.chdir(home)
    write_parquet(home / "my texts.parquet", some_texts(60))
    LETTERS.save("my letters.json")
    settings = ShardSettings(val_share=0.2)
    list(prepare("my texts.parquet", "my shards", "my letters.json", settings=settings))
    monkeypatch.chdir(home / "other")
    return home / "my shards"


def run_printed(message, capsys):
    """Run the command that a message ends with, as a shell would take it apart."""
    words = shlex.split(message.split(": gptcore ")[-1].split("\n  gptcore ")[-1])
    code = main(words)
    return code, capsys.readouterr()


def test_the_repair_that_is_printed_works_from_another_folder(prepared, capsys):
    before = files_in(prepared)
    victim = prepared / "train_000002.bin"
    victim.write_bytes(b"spoilt")
    with pytest.raises(ShardDamagedError) as caught:
        Batches(prepared, **SIZES)
    code, printed = run_printed(str(caught.value), capsys)
    assert (code, printed.err) == (0, "")
    assert files_in(prepared) == before


def test_the_command_that_is_printed_where_something_differs_works(prepared, capsys):
    with pytest.raises(ValueError, match=r"val_share: 0\.2, now 0\.005") as caught:
        list(prepare(prepared.parent / "my texts.parquet", prepared, LETTERS))
    code, printed = run_printed(str(caught.value), capsys)
    assert code == 0 and "already complete" in printed.out


def test_the_tokenizer_is_in_the_manifest_and_survives_its_file_and_a_move(prepared, tmp_path):
    os.remove(prepared.parent / "my letters.json")
    moved = shutil.move(prepared, tmp_path / "moved")
    for folder in (moved, os.path.relpath(moved)):
        tokenizer = tokenizer_of_folder(folder)
        assert tokenizer.sha256 == LETTERS.sha256
        assert Batches(folder, tokenizer=tokenizer, **SIZES).tokens
    assert load_tokenizer(moved / "manifest.json").encode("abc") == LETTERS.encode("abc")
    assert vocab_size_of(moved) == LETTERS.vocab_size


def test_a_moved_folder_is_repaired_where_it_is(prepared, tmp_path, capsys):
    before = files_in(prepared)
    moved = shutil.move(prepared, tmp_path / "moved")
    (moved / "train_000000.bin").unlink()
    with pytest.raises(ShardDamagedError) as caught:
        Batches(moved, **SIZES)
    assert run_printed(str(caught.value), capsys)[0] == 0
    assert files_in(moved) == before


def test_published_vocabularies_are_not_copied_into_the_manifest(tmp_path):
    named = CharTokenizer(LETTERS.characters)
    named.name = "gpt2"  # what a published tokenizer is called
    list(prepare(write_parquet(tmp_path / "a.parquet", ["one"]), tmp_path / "out", named))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "saved" not in manifest["tokenizer"]


def test_the_vocabulary_of_the_manifest_is_used_where_the_tokenizer_is_not_at_hand(
    prepared, capsys, monkeypatch
):
    monkeypatch.setenv("GPTCORE_DATA", str(prepared.parent / "nothing"))
    manifest = json.loads((prepared / "manifest.json").read_text())
    del manifest["tokenizer"]["saved"]  # as older manifests are
    manifest["tokenizer"]["name"] = "gone.json"
    (prepared / "manifest.json").write_text(json.dumps(manifest))
    assert tokenizer_of_folder(prepared) is None
    sizes = "--n_layer 1 --n_head 1 --n_embd 8 --block_size 8 --batch_size 2 --max_steps 1"
    words = ["train", "fineweb-40m", "--data", str(prepared), *sizes.split(), "--device", "cpu"]
    assert main([*words, "--vocab_size", "20", "--out_dir", "a"]) == 2
    assert "vocab_size=20 is too small" in capsys.readouterr().err


# Home, and nothing at all


def test_the_sign_of_home_means_home_everywhere(tmp_path, monkeypatch, capsys):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir(), work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(work)
    LETTERS.save("~/letters.json")
    write_parquet(home / "a.parquet", some_texts(60))
    words = ["~/a.parquet", "--tokenizer=~/letters.json", "--out=~/shards", "--val_share=0.2"]
    assert main(["prepare", *words, "--workers=1"]) == 0
    assert main(["prepare", "~/*.parquet", *words[1:], "--workers=1"]) == 0
    assert Batches("~/shards", **SIZES).tokens
    write_table(read_table("~/a.parquet"), "~/b.parquet")
    assert {path.name for path in home.iterdir()} == {
        "letters.json", "a.parquet", "b.parquet", "shards"
    }  # fmt: skip
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["", "--out", "shards"], "A source"),
        (["names", "", "--out", "shards"], "A source"),
        (["names", "--out", ""], "--out"),
        (["names", "--out", "shards", "--tokenizer", ""], "The tokenizer"),
    ],
)
def test_an_empty_word_is_an_error_and_never_the_working_folder(
    tmp_path, monkeypatch, capsys, words, name
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "private.txt").write_text("not meant")
    assert main(["prepare", *words, "--workers", "1"]) == 2
    assert f"gptcore: {name} is empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["private.txt"]


def test_an_empty_path_is_refused_by_the_functions_as_well(tmp_path):
    for call in (
        lambda: Batches("", **SIZES),
        lambda: next(read_table("")),
        lambda: write_table([], ""),
        lambda: load_tokenizer(""),
        lambda: prepare("names", "", LETTERS),
        lambda: prepare("", tmp_path / "out", LETTERS),
    ):
        with pytest.raises(ValueError, match="is empty"):
            call()


def test_the_home_of_an_unknown_user_is_refused():
    with pytest.raises(ValueError, match="~ of an unknown user"):
        as_path("~nobody-has-this-name/texts")


# Reading never writes; new files have the permissions that the user asked for


WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def test_reading_shards_and_a_finished_preparation_write_nothing(prepared, tmp_path):
    """Asked of Python itself: no file below is opened for writing, made, renamed or removed."""
    code = f"""
import os, sys
from gptcore.corpus import Batches, ShardSettings, prepare
from gptcore.tokenizers import load_tokenizer
found = []
def heard(event, given):
    if event == "open" and given[2] & {WRITING} and str(given[0]).startswith({str(tmp_path)!r}):
        found.append((event, given))
    if event in ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.chmod", "os.utime"):
        found.append((event, given))
sys.addaudithook(heard)
out = {str(prepared)!r}
Batches(out, batch_size=2, block_size=8, seed=1).batch(0)
letters = load_tokenizer(out + "/manifest.json")
settings = ShardSettings(val_share=0.2)
texts = {str(prepared.parent / "my texts.parquet")!r}
assert list(prepare(texts, out, letters, settings=settings)) == []
print(found)
"""
    ran = subprocess.run(
        [sys.executable, "-B", "-c", code], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "[]\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
@pytest.mark.parametrize("mask", [0o022, 0o027, 0o002])
def test_new_files_have_the_permissions_that_the_mask_leaves(tmp_path, mask):
    before = os.umask(mask)
    try:
        source = write_parquet(tmp_path / "a.parquet", some_texts(60))
        list(prepare(source, tmp_path / "out", LETTERS))
        write_table(read_table(source), tmp_path / "b.parquet")
        LETTERS.save(tmp_path / "letters.json")
    finally:
        os.umask(before)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~mask}
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o777 & ~mask


# Success is reported only if there is text; advice can be followed and does not lead in a circle


@pytest.mark.parametrize(
    "content",
    [b'{"text": ""}\n{"text": null}\n', b'{"text": " \\n"}', b"\n \n"],
)
def test_sources_without_text_are_an_error_and_leave_nothing_behind(tmp_path, monkeypatch, content):
    monkeypatch.chdir(tmp_path)
    LETTERS.save("letters.json")
    words = ["prepare", "a.jsonl", "--out", "out", "--workers", "1", "--tokenizer", "letters.json"]
    (tmp_path / "a.jsonl").write_bytes(content)
    assert main(words) == main(words) == 2
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "a.jsonl").write_text('{"text": "now there is some"}')
    assert main(words) == 0


def test_a_folder_of_an_earlier_version_without_any_text_is_an_error(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"text": "one"}')
    list(prepare(tmp_path / "a.jsonl", tmp_path / "out", LETTERS))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    (tmp_path / "out" / manifest["shards"][0]["train"]["file"]).unlink()
    nothing = {"file": "", "tokens": 0, "documents": 0, "sha256": ""}
    manifest |= {"train": {"tokens": 0, "documents": 0}, "empty": 1}
    manifest["shards"][0] |= {"train": nothing, "val": nothing, "empty": 1}
    (tmp_path / "out" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ValueError, match=r"There is no text in .* Remove .*out"):
        list(prepare(tmp_path / "a.jsonl", tmp_path / "out", LETTERS))


@pytest.mark.parametrize("gone", ["files", "folder"])
def test_what_is_finished_needs_its_sources_no_more(tmp_path, monkeypatch, gone):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("one")
    for out, source in {"a": "in", "b": "in/*.txt", "c": "in/a.txt"}.items():
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / "a.txt").write_text("one")
        list(prepare(source, out, LETTERS))
        shutil.rmtree("in") if gone == "folder" else os.remove("in/a.txt")
        assert list(prepare(source, out, LETTERS)) == []


def test_the_advice_about_a_field_and_about_bad_text_can_be_followed_in_the_same_folder(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    LETTERS.save("letters.json")
    words = ["--out", "out", "--workers", "1", "--tokenizer", "letters.json", "--val_share", "0"]
    (tmp_path / "a.jsonl").write_text('{"my body": "one"}')
    assert main(["prepare", "a.jsonl", *words]) == 2
    assert "--column" in capsys.readouterr().err
    assert main(["prepare", "a.jsonl", *words, "--column", "my body"]) == 0
    words[1] = "texts"
    (tmp_path / "in").mkdir()
    for number in range(20):  # the first shards are made, then one cannot be
        (tmp_path / "in" / f"{number:02}.txt").write_bytes(b"caf\xe9" if number > 15 else b"good")
    assert main(["prepare", "in", *words]) == 2
    assert "--bad_text replace" in capsys.readouterr().err
    assert list((tmp_path / "texts").glob("*.bin"))
    CharTokenizer(LETTERS.characters + "\ufffd").save("letters.json")


def test_replacing_bad_text_goes_on_where_it_stopped(tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(20):
        (tmp_path / "in" / f"{number:02}.txt").write_bytes(b"caf\xe9" if number > 15 else b"good")
    letters = CharTokenizer(LETTERS.characters + "\ufffd")
    stop, replaced = (ShardSettings(bad_text=how, val_share=0.0) for how in ("stop", "replace"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        list(prepare(tmp_path / "in", tmp_path / "out", letters, settings=stop))
    made = files_in(tmp_path / "out")
    assert any(name.endswith(".bin") for name in made)
    list(prepare(tmp_path / "in", tmp_path / "out", letters, settings=replaced))
    list(prepare(tmp_path / "in", tmp_path / "at once", letters, settings=replaced))
    out, at_once = files_in(tmp_path / "out"), files_in(tmp_path / "at once")
    assert out == at_once
    assert all(out[name] == content for name, content in made.items() if name.endswith(".bin"))


@pytest.mark.parametrize("shard_bytes", [1, 10, 1000])
def test_tiny_shards_are_one_for_each_row_group(tmp_path, shard_bytes):
    source = write_parquet(tmp_path / "a.parquet", some_texts(100), rows=5)
    settings = ShardSettings(shard_bytes=shard_bytes, val_share=0.0)
    list(prepare(source, tmp_path / "out", LETTERS, settings=settings))
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert len(manifest["shards"]) <= 20
    assert manifest["train"]["documents"] == 100


def test_a_manifest_of_another_program_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text('{"name": "my web page"}')
    for call in (
        lambda: Batches(tmp_path, **SIZES),
        lambda: list(prepare("names", tmp_path, LETTERS)),
    ):
        with pytest.raises(ValueError, match="was not written by gptcore prepare"):
            call()
