"""docs/training_guide.md: its commands are read, its tables are what the commands print."""

import re
import tomllib
from pathlib import Path

import pytest

from gptcore import cli
from gptcore.cli import COMMANDS, read_command
from gptcore.training import budget

GUIDE = (Path(__file__).parents[2] / "docs" / "training_guide.md").read_text(encoding="utf-8")
TYPED = re.findall(r"^    (gptcore .*)$", GUIDE, re.MULTILINE)
IN_TABLES = re.findall(r"\| `(gptcore [^`]*)` \|", GUIDE)
COSTS = {
    "RTX 4060 Laptop": "rtx4060-laptop",
    "RTX 4070": "rtx4070",
    "RTX 3090": "rtx3090",
    "RTX 4090": "rtx4090",
    "A100": "a100-80",
    "H200": "h200",
}


@pytest.mark.parametrize("line", dict.fromkeys(TYPED + IN_TABLES))
def test_every_command_of_the_guide_has_options_that_exist(line):
    words = line.split("  #")[0].split()[1:]
    assert type(read_command(words)) is COMMANDS[words[0]]  # an unknown option ends the program


def test_the_guide_has_as_many_commands_as_this_test_believes():
    assert len(TYPED) >= 15 and len(IN_TABLES) == 9


@pytest.mark.parametrize("card", COSTS)
def test_costs_are_those_of_the_budget(card):
    (row,) = re.findall(rf"^\| {card},.*$", GUIDE, re.MULTILINE)
    printed = [tuple(map(float, re.findall(r"[\d.]+", cell))) for cell in row.split("|")[2:6]]
    plans = [budget(run, gpu=COSTS[card]) for run in ("fineweb-40m", "fineweb-124m")]
    for plan, hours, kwh in zip(plans, printed[::2], printed[1::2]):
        n = 2 if plan.is_assumed else 1
        # The 4060 is given other rows, which cost no time.
        assert hours[:n] == pytest.approx(plan.hours_range[:n], rel=0.005, abs=0.051)
        assert kwh == pytest.approx(plan.kwh_range[:n], rel=0.005, abs=0.051)
    assert all(plan.fits for plan in plans) or "needs `--batch_size 8 --grad_accum 64`" in row


@pytest.mark.slow
def test_the_rehearsal_of_the_guide_trains(tmp_path, monkeypatch, capsys):
    """Its file of settings, with two steps; the vocabulary of GPT-2 makes them slow."""
    monkeypatch.chdir(tmp_path)
    (block,) = re.findall(r"with `tiny.toml`:\n\n((?:    .*\n)+)", GUIDE)
    settings = "\n".join(line[4:] for line in block.splitlines())
    assert tomllib.loads(settings)["preset"] == "fineweb-124m"
    (tmp_path / "tiny.toml").write_text(settings)
    assert cli.main(["prepare", "stories", "--out", "shards", "--workers", "1"]) == 0
    options = ["--max_steps", "2", "--warmup_steps", "1", "--device", "cpu"]
    assert cli.main(["train", "--config", "tiny.toml", "--out_dir", "out", *options]) == 0
    assert "finished: 2 steps" in "".join(capsys.readouterr())
