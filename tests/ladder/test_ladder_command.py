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
        impls = {impl.name: impl for impl in ladder.IMPLEMENTATIONS}
        monkeypatch.setattr(ladder, "IMPLEMENTATIONS", tuple(impls[name] for name in names))
        file = str(tmp_path / "names.txt")
        assert cli.main(["ladder", "--names", file, "--steps", "2", *options]) == 0
        return capsys.readouterr().out

    return run


def without(name: str, reason: str):
    impl = {impl.name: impl for impl in ladder.IMPLEMENTATIONS}[name]
    return type(impl)(
        impl.name,
        impl.changed,
        impl.train,
        impl.batch_size,
        lambda: reason,
    )


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
    requirements = without("a GPU", "PyTorch finds no GPU here")
    impls = (*ladder.WITHOUT_TORCH[1:], requirements)
    monkeypatch.setattr(ladder, "IMPLEMENTATIONS", impls)
    out = climbed([impl.name for impl in impls])
    assert out.splitlines()[-1] == "a GPU: left out, because PyTorch finds no GPU here."
    assert out.count("a GPU") == 1
    rungs = json.loads(climbed([impl.name for impl in impls], "--json"))
    assert [rung["name"] for rung in rungs] == [impl.name for impl in impls[:-1]]
