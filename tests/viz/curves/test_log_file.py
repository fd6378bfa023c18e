"""Logs of runs as rows: for draw_runs, and for a LossPlot that follows a run."""

import json

import pytest

from viz import LossPlot, draw_runs
from viz.curves.log_file import read_log

ROWS = [
    {"step": 1, "tokens": 64, "train_loss": 3.5, "val_loss": None},
    {"step": 2, "tokens": 128, "train_loss": 3.0, "val_loss": 3.25},
]
LINES = [json.dumps(row) + "\n" for row in ROWS]


@pytest.fixture
def log(tmp_path):
    file = tmp_path / "log.jsonl"
    file.write_text("".join(LINES), encoding="utf-8")
    return file


def test_a_file_a_folder_and_rows_are_the_same_run(log):
    assert read_log(log) == read_log(str(log.parent)) == ROWS
    by_rows = draw_runs({"a": ROWS}, y="train_loss").data
    assert draw_runs({"a": log}, y="train_loss").data == by_rows
    assert draw_runs({"a": str(log.parent)}, y="train_loss").data == by_rows


def test_a_line_that_is_still_being_written_is_left_out(log):
    with log.open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "tra')
    assert read_log(log) == ROWS


def test_a_plot_reads_each_step_once(log):
    plot = LossPlot("A run")
    assert plot.read(log) == 2
    assert plot.read(log) == 0
    with log.open("a", encoding="utf-8") as file:
        file.write('{"step": 3, "train_loss": 2.5, "val_loss": null}\n')
    assert plot.read(log.parent) == 1
    assert plot.history == {"train": ([1, 2, 3], [3.5, 3.0, 2.5]), "val": ([2], [3.25])}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no train_loss and no val_loss yet"),
        ('{"step": 1, "reward": 0.5}\n', "has no train_loss and no val_loss yet"),
        ('{"train_loss": 0.5}\n', "step of the log"),
        ("hello\n", "line 1 is no JSON object: hello"),
        ('{"step": 1, "train_loss": 3}\n[1]\n', r"line 2 is no JSON object: \[1\]"),
    ],
)
def test_what_is_no_log_is_named(content, message, log):
    log.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        LossPlot("A run").read(log)


def test_a_picture_is_no_log(tmp_path):
    file = tmp_path / "loss.png"
    file.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ValueError, match=r"loss\.png is no log"):
        read_log(file)
    with pytest.raises(ValueError, match="cannot be read: No such file"):
        read_log(tmp_path / "missing.jsonl")
