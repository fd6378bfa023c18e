"""A run that was stopped or killed, and resumed, is the run that was not."""

import json
import sys
from pathlib import Path

import pytest
from killed_run import KILLED_AT, STEPS, kill_run
from small_reinforcement import QUESTIONS, are_same, new_model, run, weights_of

from gptcore.model import GPT
from gptcore.training import train
from gptcore.tuning import Question

KL = {"kl_weight": 0.2, "kl_place": "loss"}


def log_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("settings", [{}, KL, {"optimizer": "muon"}], ids=["adamw", "KL", "muon"])
@pytest.mark.parametrize("steps", [1, 3, 4])
def test_a_stopped_run_continues_exactly(tmp_path, settings, steps):
    whole, stopped = new_model(), new_model()
    expected = [*run(whole, out_dir=tmp_path / "whole", **settings)]
    begun = run(stopped, out_dir=tmp_path / "parts", **settings)
    first = [next(begun) for _ in range(steps)]
    begun.close()
    again = new_model()
    rest = [*run(again, out_dir=tmp_path / "parts", resume=True, **settings)]
    assert first + rest == expected
    assert are_same(weights_of(again), weights_of(whole))
    assert log_of(tmp_path / "parts") == log_of(tmp_path / "whole")
    assert are_same(weights_of(GPT.load(tmp_path / "parts" / "latest")), weights_of(whole))


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert len([*run(new_model())]) == 8
    assert not [*tmp_path.iterdir()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_killed_run_continues_exactly(tmp_path):
    whole = new_model()
    assert len([*run(whole, max_steps=STEPS, out_dir=tmp_path / "whole")]) == STEPS
    folder = tmp_path / "killed"
    kill_run("small_reinforcement", folder)
    again = new_model()
    rest = [*run(again, max_steps=STEPS, out_dir=folder, resume=True)]
    assert KILLED_AT - 1 <= rest[0].step - 1 < STEPS
    assert are_same(weights_of(again), weights_of(whole))
    assert log_of(folder) == log_of(tmp_path / "whole")


def test_an_error_in_a_reward_keeps_the_last_complete_step(tmp_path):
    calls = []

    def fails_in_step_4(answer, key):
        calls.append(key)
        return 1 / 0 if len(calls) > 3 * 128 else float(len(answer or ""))

    model = new_model()
    with pytest.raises(ValueError, match="raised ZeroDivisionError"):
        list(run(model, fails_in_step_4, out_dir=tmp_path))
    assert [line["step"] for line in log_of(tmp_path)] == [1, 2, 3]
    assert are_same(weights_of(GPT.load(tmp_path / "latest")), weights_of(model))


def test_a_finished_run_is_finished(tmp_path):
    assert len([*run(new_model(), out_dir=tmp_path)]) == 8
    assert [*run(new_model(), out_dir=tmp_path, resume=True)] == []


def test_another_run_is_not_continued(tmp_path):
    begun = run(new_model(), out_dir=tmp_path)
    next(begun)
    begun.close()
    with pytest.raises(ValueError, match="contains another run"):
        run(new_model(), out_dir=tmp_path)
    for change, words in (
        ({"group_size": 4}, "group_size 8 -> 4"),
        ({"kl_weight": 0.5}, "kl_weight"),
        ({"questions": [*QUESTIONS, Question([9, 9], 9)]}, "another model or other questions"),
    ):
        with pytest.raises(ValueError, match=words):
            run(new_model(), out_dir=tmp_path, resume=True, **change)
    with pytest.raises(ValueError, match="another model or other questions"):
        run(new_model(seed=2), out_dir=tmp_path, resume=True)
    assert len([*run(new_model(), out_dir=tmp_path, resume=True, checkpoint_every=3)]) == 7


def test_the_run_of_training_is_another_kind(tmp_path):
    class Rows:
        batch_size, block_size = 2, 4

        def batch(self, index):
            import numpy as np  # noqa: PLC0415

            return np.ones((2, 4), np.int64), np.ones((2, 4), np.int64)

    from gptcore.training import TrainConfig  # noqa: PLC0415

    config = TrainConfig(max_steps=1, warmup_steps=0, batch_size=2, device="cpu")
    assert len([*train(new_model(), Rows(), config, out_dir=tmp_path)]) == 1
    with pytest.raises(ValueError, match="another kind of run"):
        run(new_model(), out_dir=tmp_path, resume=True)
