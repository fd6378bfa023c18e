"""Changed settings of a resumed run; free space; weights for another run; devices and streams."""

import json
import os
import shutil
import sys
import warnings
from dataclasses import replace

import pytest
import torch
from small_runs import NO_DROPOUT, SHORT, T, V, batches, new_model, run, write_text
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from gptcore.cli import main
from gptcore.corpus import DiskFullError
from gptcore.training import Checkpoints, PeakFlops, load_model, train
from gptcore.training.hardware.mfu import compute_mfu

pytestmark = pytest.mark.slow

FEW = replace(SHORT, max_steps=6, checkpoint_every=3, schedule="constant")
TINY = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--batch-size", "4", "--device", "cpu"]


def typed(out, *more: str) -> int:
    return main(["train", "names", "--out_dir", str(out), *TINY, *more])


# What changed


def test_a_resume_prints_changed_settings_and_keeps_them_in_the_history(tmp_path, capsys):
    assert typed(tmp_path, "--max_steps", "4") == 0
    capsys.readouterr()
    more = ["--resume", "--max_steps", "6", "--learning_rate", "0.002", "--warmup_steps", "0"]
    assert typed(tmp_path, *more) == 0
    message = capsys.readouterr().err
    assert "changed after step 4: max_steps 4 -> 6, learning_rate 0.003 -> 0.002" in message
    assert typed(tmp_path, "--resume", "--max_steps", "7") == 0
    history = json.loads((tmp_path / "run.json").read_text())["history"]
    assert [entry["after_step"] for entry in history] == [4, 6]
    assert history[0]["changed"]["learning_rate"] == [0.003, 0.002]
    assert history[1]["changed"] == {"max_steps": [6, 7]}
    assert Checkpoints(tmp_path).read_state(7)["history"] == history


def test_a_resume_without_changes_prints_nothing(text, tmp_path):
    run(text, tmp_path, FEW, stop=iter([False, True]).__next__)
    run(text, tmp_path, FEW, resume=True)
    assert json.loads((tmp_path / "run.json").read_text())["history"] == []


@pytest.mark.parametrize(
    "other, change",
    [
        (["--learning_rate", "0.1"], "learning_rate 0.003 -> 0.1"),
        (["--n_embd", "16"], "n_embd 8 -> 16"),
        (["--seed", "7"], "seed 1337 -> 7"),
    ],
)
def test_other_settings_for_a_finished_run_are_refused_and_the_advice_works(
    other, change, tmp_path, capsys
):
    out = tmp_path / "a run"
    assert typed(out, "--max_steps", "4") == 0
    before = {file: file.read_bytes() for file in out.rglob("*.json")}
    capsys.readouterr()
    assert typed(out, "--resume", *other) == 2
    message = capsys.readouterr().err
    assert "is finished, with 4 steps" in message and change in message
    if "--n_embd" in other:  # other sizes are another model
        assert "train another model: --out_dir NEW" in message and "--init_from" not in message
    else:
        assert f"--init_from '{out}'" in message
    assert {file: file.read_bytes() for file in out.rglob("*.json")} == before
    assert typed(out, "--resume", "--max_steps", "8") == 0


def test_the_library_refuses_it_too(text, tmp_path):
    run(text, tmp_path, FEW)
    with pytest.raises(ValueError, match=r"is finished, with 6 steps, .* weight_decay 0.1 -> 0.2"):
        run(text, tmp_path, replace(FEW, weight_decay=0.2), resume=True)
    assert run(text, tmp_path, replace(FEW, keep_checkpoints=1), resume=True) == []


def test_a_run_whose_last_checkpoint_is_damaged_is_not_called_finished(tmp_path, capsys):
    assert typed(tmp_path, "--max_steps", "4", "--checkpoint_every", "2") == 0
    (tmp_path / "step_000004" / "model.safetensors").write_bytes(b"")
    capsys.readouterr()
    assert typed(tmp_path, "--resume") == 0
    assert "finished: 4 steps" in capsys.readouterr().out


@pytest.mark.parametrize("damage", ["{", "[]", "null", '{"train": 5}', "[" * 100_000, "\xff", ""])
def test_damaged_settings_are_read_from_a_checkpoint(damage, tmp_path, capsys):
    assert typed(tmp_path, "--max_steps", "4") == 0
    (tmp_path / "run.json").write_text(damage, encoding="latin-1")
    (tmp_path / "command.json").write_text(damage, encoding="latin-1")
    assert main(["train", "names", "--out_dir", str(tmp_path), "--resume", "--max_steps", "5"]) == 0
    message = capsys.readouterr().err
    assert "run.json is damaged" in message and "is used instead" in message
    assert json.loads((tmp_path / "run.json").read_text())["model"]["n_embd"] == 8


# The disk


def test_free_space_is_checked_before_the_first_step(text, tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    size = 3 * 4 * sum(weight.numel() for weight in new_model().parameters())
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=size))
    with pytest.raises(
        DiskFullError, match=r"No step was made. Make room; or keep fewer: --keep_checkpoints 1"
    ):
        run(text, tmp_path / "out", FEW)
    assert not (tmp_path / "out" / "log.jsonl").exists()
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage._replace(free=3 * size))
    assert len(run(text, tmp_path / "out", FEW)) == 6


# Weights of another run


def test_init_from_needs_the_weights_alone(tmp_path, capsys):
    first, second = tmp_path / "first run", tmp_path / "second"
    assert typed(first, "--max_steps", "4") == 0
    for file in first.rglob("optimizer.safetensors"):
        file.unlink()
    frozen = ["--learning_rate", "0", "--min_learning_rate", "0", "--max_steps", "1"]
    words = ["train", "names", "--device", "cpu", "--init_from", str(first), *frozen]
    assert main([*words, "--out_dir", str(second)]) == 0
    assert torch.equal(load_model(first).wte.weight, load_model(second).wte.weight)
    assert Checkpoints(second).steps() == [1]
    assert main([*words, "--out_dir", str(second), "--resume", "--max_steps", "2"]) == 0
    capsys.readouterr()
    assert main([*words, "--out_dir", str(tmp_path / "third"), "--n_embd", "16"]) == 2
    assert "has n_embd=8 (not 16)" in capsys.readouterr().err
    assert (
        main(["train", "names", "--out_dir", str(tmp_path / "third"), "--init_from", "nowhere"])
        == 2
    )
    assert "--init_from nowhere does not exist" in capsys.readouterr().err


# MFU


def test_mfu_is_never_above_one():
    measured = PeakFlops(1e12, "measured here", measured=True)
    assert compute_mfu(5e11, measured) == (0.5, measured)
    share, raised = compute_mfu(2e12, measured)
    assert share == 1 and raised is not None and raised.flops_per_second == 2e12
    with pytest.warns(UserWarning, match="the peak of this device is not known"):
        assert compute_mfu(2e12, PeakFlops(1e12, "the sheet of another GPU")) == (None, None)


def test_a_run_faster_than_its_peak_logs_no_mfu_above_one(text, monkeypatch):
    for peak, expected in (
        (PeakFlops(1.0, "x", measured=True), {1.0}),
        (PeakFlops(1.0, "x"), {None}),
    ):
        monkeypatch.setattr("gptcore.training.run.peak_flops", lambda *_, peak=peak: peak)
        with warnings.catch_warnings(action="ignore"):
            rows = run(text, None, replace(FEW, max_steps=5), NO_DROPOUT)
        assert rows[0].mfu in expected and all(row.mfu is None or row.mfu <= 1 for row in rows)


# The first lines


def test_the_header_is_printed_before_compiling(tmp_path, capsys, monkeypatch):
    def interrupted(*_, **__):
        message = capsys.readouterr().err
        assert "parameters, cpu, float32" in message
        assert message.splitlines()[-1].startswith("compiling the model")
        os.kill(os.getpid(), 2)
        for _ in range(100):
            pass
        pytest.fail("Ctrl-C did not work")

    monkeypatch.setattr(torch, "compile", interrupted)
    assert typed(tmp_path, "--compile", "True", "--max_steps", "2") == 130
    assert not list(tmp_path.glob("step_*"))
    monkeypatch.undo()
    assert typed(tmp_path, "--resume", "--max_steps", "2", "--compile", "False") == 0


# Devices without 64-bit floats


class LikeMps(TorchDispatchMode):
    """Refuses every operation that creates 64-bit floats, as Apple's GPUs do."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in tree_flatten(out)[0]:
            if isinstance(tensor, torch.Tensor) and tensor.dtype == torch.float64:
                raise TypeError(f"{func} makes 64-bit floats")
        return out


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"optimizer": "muon"},
        {"loss_chunk": 7, "activation_checkpointing": True},
        {"schedule": "wsd"},
    ],
    ids=str,
)
def test_training_makes_no_64_bit_floats(change, text, tmp_path):
    config = replace(SHORT, max_steps=4, eval_every=2, warmup_steps=1, grad_accum=2, **change)
    with LikeMps():
        run(text, tmp_path, config, stop=iter([False, True]).__next__)
        run(text, tmp_path, config, resume=True)
        load_model(tmp_path)
        with pytest.raises(TypeError, match="64-bit"):
            torch.zeros(1, dtype=torch.float64)


# Paths and streams of the command


def test_it_runs_without_standard_streams(tmp_path, monkeypatch):
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    assert typed(tmp_path, "--max_steps", "2") == 0
    assert sys.stderr is None
    assert main(["train", "nmaes", "--out_dir", str(tmp_path)]) == 2


def test_a_closed_terminal_does_not_end_a_run(tmp_path, monkeypatch):
    class Gone:
        closed = False

        def write(self, _):
            raise OSError(5, "Input/output error")

        flush = isatty = lambda self: None

    monkeypatch.setattr(sys, "stderr", Gone())
    assert typed(tmp_path, "--max_steps", "2") == 0


def test_a_tilde_is_home_and_an_empty_path_is_refused(tmp_path, monkeypatch, capsys):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir(), work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    for words in (["--out_dir", ""], ["--out-dir="], ["--out_dir", "x", "--data", ""]):
        assert main(["train", "names", *words, "--max_steps", "1"]) == 2
        assert "is empty: name a file or folder" in capsys.readouterr().err
    assert main(["sample", "--out_dir="]) == 2
    assert main(["train", "names", "--out_dir=~/run", *TINY, "--max_steps", "1"]) == 0
    assert (home / "run" / "log.jsonl").exists() and not list(work.iterdir())
    assert main(["sample", "--out_dir=~/run", "--num_samples", "1", "--device", "cpu"]) == 0
    (work / "file").write_text("")
    assert main(["train", "names", "--out_dir", "file"]) == 2
    assert "--out_dir file is a file; name a folder" in capsys.readouterr().err


def test_missing_data_is_named_and_can_be_given_again(tmp_path, capsys):
    data = write_text(tmp_path / "data here")
    sizes = ["--vocab_size", str(V), "--block_size", str(T)]
    assert typed(tmp_path / "out", "--data", str(data), *sizes, "--max_steps", "2") == 0
    data.rename(tmp_path / "moved")
    capsys.readouterr()
    again = ["train", "names", "--out_dir", str(tmp_path / "out"), "--resume", "--max_steps", "3"]
    assert main(again) == 2
    assert "which no longer exists. Name its new folder: --data" in capsys.readouterr().err
    assert main([*again, "--data", str(tmp_path / "moved")]) == 0


def test_a_step_without_targets_continues(text):
    class Masked:
        batch_size, block_size = SHORT.batch_size, T

        def batch(self, step):
            x, y = batches(text).batch(step)
            return x, (y * 0 - 1 if step == 1 else y)

    steps = list(train(new_model(), Masked(), replace(FEW, max_steps=3, warmup_steps=0)))
    assert [step.tokens for step in steps] == [48, 48, 96]
