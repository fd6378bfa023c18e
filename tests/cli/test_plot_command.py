"""`gptcore plot`: the curves of runs as a picture, and what it says about them."""

import json
import re

import pytest

from gptcore.cli import main

ROWS = [
    {"step": 1, "tokens": 64, "train_loss": 3.5, "val_loss": None},
    {"step": 2, "tokens": 128, "train_loss": 3.0, "val_loss": 3.25},
    {"step": 3, "tokens": 192, "train_loss": 2.75, "val_loss": 2.5},
    {"step": 4, "tokens": 256, "train_loss": 2.5, "val_loss": 2.75},
]


def write_run(folder, rows=ROWS, vocab_size=None):
    folder.mkdir(parents=True)
    log = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "log.jsonl").write_text(log, encoding="utf-8")
    if vocab_size is not None:
        settings = {"model": {"vocab_size": vocab_size}}
        (folder / "run.json").write_text(json.dumps(settings), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_picture_and_a_table(tmp_path, capsys):
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", [row | {"val_loss": 4.0} for row in ROWS])
    assert main(["plot", "a", "b", "--out", "sub/loss.svg"]) == 0
    out, err = capsys.readouterr()
    svg = (tmp_path / "sub" / "loss.svg").read_text(encoding="utf-8")
    assert ">a" in svg and ">b" in svg and "validation loss" in svg
    head, first, second, path = out.splitlines()
    assert "last val_loss" in head and path == "sub/loss.svg"
    assert first.split() == ["a", "4", "256", "2.7500", "2.5000", "(3)", "3.2500", "(2)"]
    assert second.split()[0] == "b"
    assert err == ""


def test_json_has_what_the_table_has(tmp_path, capsys):
    log = write_run(tmp_path / "a") / "log.jsonl"
    assert main(["plot", str(log), "--json", "--y", "train_loss", "--x", "step"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["picture"] == "loss.png" and (tmp_path / "loss.png").exists()
    assert result["x"] == "step" and result["y"] == "train_loss"
    (run,) = result["runs"]
    assert (run["run"], run["last"], run["lowest_step"], run["highest"]) == ("a", 2.5, 4, 3.5)


def test_a_run_that_is_being_written_is_drawn(tmp_path):
    folder = write_run(tmp_path / "a")
    with (folder / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"step": 5, "tok')
    assert main(["plot", "a"]) == 0


def test_what_has_no_validation_loss_is_drawn_by_what_it_has(tmp_path, capsys):
    write_run(tmp_path / "a", [{"step": 1, "reward": 0.2}, {"step": 2, "reward": 0.6}])
    write_run(tmp_path / "b", [{"step": 1, "reward": 0.1}, {"step": 2, "reward": 0.4}])
    assert main(["plot", "a", "b", "--json"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["y"] == "reward" and json.loads(out)["x"] == "step"
    assert "the x axis has steps" in err


def test_losses_of_different_vocabularies_are_not_compared_in_silence(tmp_path, capsys):
    write_run(tmp_path / "a", vocab_size=27)
    write_run(tmp_path / "b", vocab_size=50304)
    assert main(["plot", "a", "b"]) == 0
    err = capsys.readouterr().err
    assert "a 27, b 50,304" in err and "bits per byte" in err


def test_runs_of_one_name_are_told_apart_by_their_folders(tmp_path, capsys):
    write_run(tmp_path / "x" / "run")
    write_run(tmp_path / "y" / "run")
    assert main(["plot", "x/run", "y/run", "--json"]) == 0
    assert [run["run"] for run in json.loads(capsys.readouterr().out)["runs"]] == ["x/run", "y/run"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Name at least one run"),
        (["no_such"], "no_such does not exist"),
        (["."], "has no log.jsonl.*Runs in it: a, empty, other"),
        (["empty"], "has no step yet"),
        (["a", "./a"], "named twice"),
        (["a", "--y", "val_los"], "no val_los in common. Did you mean 'val_loss'"),
        (["a", "other"], "none of val_loss.*Choose --y. Keys of a: .*; other: kl"),
        (["a", "--x", "token"], "Did you mean 'tokens'"),
        (["a", "--out", "x.pdf"], "must end in .png, .svg, .html"),
        (["a", "--x", "hours"], "tokens_per_second"),
    ],
)
def test_what_cannot_be_drawn_is_refused(arguments, message, tmp_path, capsys):
    write_run(tmp_path / "a")
    write_run(tmp_path / "empty", [])
    write_run(tmp_path / "other", [{"step": 1, "kl": 0.5}])
    assert main(["plot", *arguments]) == 2
    err = capsys.readouterr().err
    assert re.search(message, err), err
    assert not list(tmp_path.glob("*.png"))
