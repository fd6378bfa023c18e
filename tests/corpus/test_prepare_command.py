"""`gptcore prepare`: what it prints, and what it says when something is wrong."""

import json
import re
import subprocess
import sys

import pytest
from small_corpora import LETTERS, files_in, some_texts, write_parquet

from gptcore import cli
from gptcore.cli.console import format_clock
from gptcore.corpus import Progress, ShardSettings, prepare


@pytest.fixture
def command(capsys, monkeypatch, tmp_path):
    """Runs `gptcore prepare` in this process; answers (exit code, standard output, error)."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    LETTERS.save(tmp_path / "letters.json")

    def run(*arguments):
        try:
            code = cli.main(["prepare", *map(str, arguments)])
        except SystemExit as left:  # how the parser of options leaves
            code = left.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


WITH_LETTERS = ("--tokenizer", "letters.json", "--out", "shards", "--workers", 1)


def test_it_says_what_it_made_and_then_that_all_is_there(command, tmp_path):
    write_parquet(tmp_path / "a.parquet", [*some_texts(40), None])
    arguments = ("a.parquet", *WITH_LETTERS, "--val_share", 0.2)
    code, out, err = command(*arguments)
    manifest = json.loads((tmp_path / "shards" / "manifest.json").read_text())
    train, val = manifest["train"], manifest["val"]
    assert (code, err) == (0, "")  # no terminal, and quickly done: nothing said meanwhile
    lines = [" ".join(line.split()) for line in out.splitlines()]
    shards = {s: len(list((tmp_path / "shards").glob(f"{s}_*.bin"))) for s in ("train", "val")}
    assert train["documents"] + val["documents"] == 40
    assert lines[0] == (
        f"train {train['tokens']:,} tokens {train['documents']} documents {shards['train']} shards"
    )
    assert lines[1].startswith(f"val {val['tokens']:,} tokens {val['documents']} documents ")
    assert lines[2] == "left out: 1 without text"
    tokens = train["tokens"] + val["tokens"]
    assert re.fullmatch(rf"{tokens:,} tokens written in \d+\.\d s; folder: shards", lines[3])
    code, out, err = command(*arguments)
    assert (code, err) == (0, "")
    assert [" ".join(line.split()) for line in out.splitlines()[:3]] == lines[:3]
    assert out.splitlines()[-1] == "already complete: shards"


def test_as_json_it_says_the_same(command, tmp_path):
    write_parquet(tmp_path / "a.parquet", some_texts(40))
    code, out, _ = command("a.parquet", *WITH_LETTERS, "--json")
    found = json.loads(out)
    manifest = json.loads((tmp_path / "shards" / "manifest.json").read_text())
    assert code == 0
    assert found["train"] == {**manifest["train"], "shards": len(manifest["shards"])}
    assert found["new_tokens"] == manifest["train"]["tokens"] + manifest["val"]["tokens"]
    assert json.loads(command("a.parquet", *WITH_LETTERS, "--json")[1])["new_tokens"] == 0


def test_options_are_spelt_with_either_dash_and_mean_what_python_means(command, tmp_path):
    source = write_parquet(tmp_path / "a.parquet", some_texts(40))
    arguments = ("a.parquet", "--tokenizer", "letters.json", "--workers", 1)
    command(*arguments, "--out", "one", "--val_share", 0.2, "--shard_bytes", 200)
    command(*arguments, "--out", "other", "--val-share", 0.2, "--shard-bytes", 200)
    shards = {name: found for name, found in files_in(tmp_path / "one").items() if "bin" in name}
    assert len(shards) > 4
    assert shards.items() <= files_in(tmp_path / "other").items()
    settings = ShardSettings(val_share=0.2, shard_bytes=200)
    list(prepare(source, tmp_path / "python", LETTERS, 1, settings))
    assert shards.items() <= files_in(tmp_path / "python").items()


def test_the_names_of_shipped_texts_are_sources(command, tmp_path):
    letters = "abcdefghijklmnopqrstuvwxyz"
    type(LETTERS)(letters).save(tmp_path / "letters.json")
    code, out, _ = command("names", *WITH_LETTERS)
    assert code == 0 and "2,000" not in out
    assert (
        json.loads((tmp_path / "shards/manifest.json").read_text())["sources"][0]["name"] == "names"
    )


def assert_refused(answer, *words, code=2):
    found, out, err = answer
    assert (found, out) == (code, "")
    assert err.startswith("gptcore: ") and "Traceback" not in err and len(err.splitlines()) <= 8
    for word in words:
        assert word in err


def test_missing_sources_are_reported_with_the_nearest_name(command, tmp_path):
    write_parquet(tmp_path / "texts.parquet", some_texts(5))
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.bin").touch()
    (tmp_path / "archive.zip").touch()
    (tmp_path / "notes").write_text("plain text")
    assert_refused(
        command(*WITH_LETTERS), "Say what to prepare: a file, a folder, a quoted glob, the name of"
    )
    for arguments, words in [
        ("text.parquet", "There is no 'text.parquet'. Did you mean texts.parquet?"),
        (
            "nothing/like/it",
            "There is no 'nothing/like/it'. Give a file, a folder, a quoted glob, ",
        ),
        ("*.jsonl", "No file matches '*.jsonl'. The folder . has: a.bin, archive.zip, empty, "),
        ("empty", "The folder empty has no file that ends in .parquet, .txt, .jsonl, .ndjson, "),
        ("archive.zip", "archive.zip ends in '.zip'; files of documents end in .parquet, .txt, "),
        ("notes", "notes has no suffix; files of documents end in .parquet, .txt, .jsonl, "),
        (
            "fineweb:2013",
            "'fineweb:2013' is not the name of a file of FineWeb. Names are such as fine",
        ),
    ]:
        assert_refused(command(arguments, *WITH_LETTERS), words)
    assert_refused(
        command("texts.parquet", "./texts.parquet", *WITH_LETTERS), "is named twice. Name each"
    )
    assert not (tmp_path / "shards").exists() or not list((tmp_path / "shards").iterdir())


def test_files_folders_and_globs_are_read_in_an_order_that_is_always_the_same(command, tmp_path):
    for name in ("b", "a", "c"):
        (tmp_path / "in" / ".hidden").mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / f"{name}.txt").write_text(f"file {name}")
        (tmp_path / "in" / ".hidden" / f"{name}.txt").write_text("not meant")
    (tmp_path / "in" / "notes.md").write_text("not meant")
    for arguments in (["in"], ["in/*.txt"], ["in/a.txt", "in/[bc].txt"]):
        out = f"shards{len(arguments[0])}"
        command(*arguments, "--tokenizer", "letters.json", "--out", out, "--workers", 1)
        manifest = json.loads((tmp_path / out / "manifest.json").read_text())
        assert [row["name"] for row in manifest["sources"]] == ["in/a.txt", "in/b.txt", "in/c.txt"]


def test_what_went_wrong_on_the_way_ends_with_1_and_what_was_asked_wrongly_with_2(
    command, tmp_path
):
    (tmp_path / "a.parquet").write_text("<html>Please log in</html>")
    assert_refused(command("a.parquet", *WITH_LETTERS), "a web page saved under this name", code=1)
    write_parquet(tmp_path / "a.parquet", some_texts(5))
    assert_refused(
        command("a.parquet", *WITH_LETTERS, "--column", "body"), "Its columns are: text, id, tok"
    )
    assert_refused(
        command("a.parquet", *WITH_LETTERS, "--val_share", 7), "val_share=7.0 must be from 0 (no"
    )
    assert_refused(
        command("a.parquet", "--tokenizer", "gpt3", "--out", "x"), "Did you mean 'gpt2'?"
    )
    code, _, err = command("a.parquet")
    assert code == 2 and "--out" in err


def test_ctrl_c_says_that_the_same_command_continues(command, tmp_path, monkeypatch):
    write_parquet(tmp_path / "a.parquet", some_texts(40))
    monkeypatch.setattr("gptcore.cli.prepare.with_progress", interrupted_after_two)
    code, out, err = command("a.parquet", *WITH_LETTERS)
    assert (code, out) == (130, "")
    assert "finished shards are kept; the same command continues from there." in err
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    code, out, _ = command("a.parquet", *WITH_LETTERS)
    assert code == 0
    list(prepare("a.parquet", "whole", LETTERS))
    whole = files_in(tmp_path / "whole")
    assert {name for name in whole} == set(files_in(tmp_path / "shards"))


def interrupted_after_two(steps):
    yield next(steps)
    yield next(steps)
    steps.close()
    raise KeyboardInterrupt


@pytest.mark.parametrize("terminal", [True, False])
def test_a_bar_is_drawn_on_a_terminal_and_only_there(command, tmp_path, monkeypatch, terminal):
    write_parquet(tmp_path / "a.parquet", some_texts(40))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    code, out, err = command("a.parquet", *WITH_LETTERS)
    assert code == 0 and "making" not in out
    if terminal:
        assert re.search(r"making 100%\|█+\| (\d) of \1, [\d,]+ tokens/s, 00:00 left", err)
    else:
        assert err == ""


def test_without_a_terminal_a_long_run_says_a_line_now_and_then(command, tmp_path, monkeypatch):
    write_parquet(tmp_path / "a.parquet", some_texts(40))
    monkeypatch.setattr("gptcore.cli.prepare.SECONDS_BETWEEN_LINES", 0)
    _, _, err = command("a.parquet", *WITH_LETTERS)
    lines = err.splitlines()
    assert lines[0] == "checking: 1 of 1, 00:00 left"
    assert re.fullmatch(r"making: (\d) of \1, [\d,]+ tokens/s, 00:00 left", lines[-1])


def test_time_left_is_formatted_like_a_clock():
    def at(seconds, share):
        return format_clock(Progress("making", 1, 2, share, 100, 5, seconds).seconds_left)

    assert at(10, 50) == "00:10" and at(60, 10) == "09:00" and at(600, 5) == "3:10:00"
    assert Progress("making", 1, 2, 1, 2, 600, 3.0).tokens_per_second == 200


def test_a_library_that_is_missing_is_named_with_what_brings_it(command, tmp_path):
    """In a process of its own, in which nothing has been imported yet."""
    write_parquet(tmp_path / "a.parquet", some_texts(5))
    code = (
        "import sys; sys.modules['pyarrow'] = None; from gptcore import cli; "
        "sys.exit(cli.main(['prepare', *sys.argv[1:]]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, "a.parquet", *map(str, WITH_LETTERS)],
        capture_output=True,
        text=True,
    )
    assert_refused(
        (ran.returncode, ran.stdout, ran.stderr),
        "gptcore prepare needs pyarrow, which is not installed: pip install pyarrow",
        code=1,
    )
