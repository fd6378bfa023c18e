"""`gptcore ladder` with its upper rungs: their rows, and a line for what cannot be climbed here."""

import json

import pytest

from gptcore import cli, ladder

pytestmark = pytest.mark.slow


@pytest.fixture
def climbed(tmp_path, capsys, monkeypatch):
    """What the command prints, climbing rungs by name."""
    (tmp_path / "names.txt").write_text("emma\nanna\nbob\n")

    def run(names, *options):
        ways = {way.name: way for way in ladder.WAYS}
        monkeypatch.setattr(ladder, "WAYS", tuple(ways[name] for name in names))
        file = str(tmp_path / "names.txt")
        assert cli.main(["ladder", "--names", file, "--steps", "2", *options]) == 0
        return capsys.readouterr().out

    return run


def without(name: str, reason: str):
    way = {way.name: way for way in ladder.WAYS}[name]
    return type(way)(way.name, way.changed, way.train, way.batch, lambda: reason)


def test_rows_for_tensors_and_a_batch_and_what_they_have_learned(climbed):
    out = climbed(["fused nodes", "tensors (PyTorch)", "a batch"])
    assert [line.split("  ")[0] for line in out.splitlines()[1:7:2]] == [
        "fused nodes",
        "tensors (PyTorch)",
        "a batch",
    ]
    assert "tensors (PyTorch): the losses of the first rung, to 4 decimals (compared: 2)." in out
    assert "is the mean of 512 single ones." in out


def test_what_cannot_be_climbed_here_gets_one_line_and_no_row(climbed, monkeypatch):
    lacking = without("a GPU", "PyTorch finds no GPU here")
    ways = (*ladder.UP_TO_ARRAYS[1:], lacking)
    monkeypatch.setattr(ladder, "WAYS", ways)
    out = climbed([way.name for way in ways])
    assert out.splitlines()[-1] == "a GPU: left out, because PyTorch finds no GPU here."
    assert out.count("a GPU") == 1
    rungs = json.loads(climbed([way.name for way in ways], "--json"))
    assert [rung["name"] for rung in rungs] == [way.name for way in ways[:-1]]
