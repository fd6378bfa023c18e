"""`gptcore train` and `gptcore sample`, as they are typed."""

import contextlib
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from small_runs import TIMES, log_of

from gptcore.cli import main
from gptcore.corpus import ShardSettings, prepare, write_shard
from gptcore.training import PRESETS, TrainConfig, find_preset

pytestmark = pytest.mark.slow

TINY = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--batch-size", "4", "--device", "cpu"]
OFTEN = ["--eval-every", "10", "--eval_tokens", "200", "--checkpoint_every", "10"]


def train(out: Path, *more: str, preset: str = "names") -> int:
    return main(["train", preset, "--out_dir", str(out), *TINY, *OFTEN, *more])


def run_command(stderr: Path, arguments: list[str]) -> None:
    """Run a command in a process that gets signals; its standard error goes into a file."""
    torch.set_num_threads(1)
    with stderr.open("w", buffering=1) as file, contextlib.redirect_stderr(file):
        code = main(arguments)
    sys.exit(code)


def started(processes, out: Path, *more: str):
    arguments = ["train", "names", "--out_dir", str(out), *TINY, *more]
    running = processes.Process(target=run_command, args=(out.with_name("stderr"), arguments))
    running.start()
    return running


def wait_for_steps(out: Path, steps: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if (out / "log.jsonl").exists() and len(
            (out / "log.jsonl").read_text().split("\n")
        ) > steps:
            return
        time.sleep(0.01)
    raise AssertionError("the run did not begin")


def test_a_preset_and_a_folder_are_enough_to_train_and_sample(tmp_path, capsys):
    out = tmp_path / "names"
    assert train(out, "--max_steps", "20") == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("finished: 20 steps, 2,560 tokens, train loss ")
    assert (
        "step 20 of 20 | loss " in printed.err
        and " | val " in printed.err
        and "left" in printed.err
    )
    assert {"log.jsonl", "step_000010", "step_000020", "latest", "tokenizer.json"} <= {
        file.name for file in out.iterdir()
    }
    keys = ["step", "tokens", "train_loss", "val_loss", "grad_norm", "learning_rate"]
    keys += ["tokens_per_second", "mfu"]
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, 21))
    assert all(list(line) == keys for line in lines)
    arguments = ["--num_samples", "3", "--max_new_tokens", "9", "--prompt", "al", "--device", "cpu"]
    assert main(["sample", "--out_dir", str(out), *arguments]) == 0
    printed = capsys.readouterr().out
    assert main(["sample", "--out_dir", str(out), *arguments]) == 0
    assert capsys.readouterr().out == printed
    texts = printed.removesuffix("\n").split("\n---\n")
    assert len(texts) == 3 and all(text.startswith("al") and len(text) <= 11 for text in texts)
    for wrong in (["--prompt", "al7"], ["--temperature", "-1"]):  # nothing is printed before
        assert main(["sample", "--out_dir", str(out), *arguments, *wrong]) == 2
        assert capsys.readouterr().out == ""


def test_a_finished_run_says_so_and_another_one_is_not_written_over(tmp_path, capsys):
    assert train(tmp_path, "--max_steps", "5") == 0
    before = (tmp_path / "log.jsonl").read_bytes()
    capsys.readouterr()
    assert train(tmp_path, "--resume") == 0
    assert capsys.readouterr().out.startswith(
        f"already finished: 5 steps, in {tmp_path}. To continue"
    )
    assert train(tmp_path) == 2
    assert "contains another run. Continue it: --resume; or give another" in capsys.readouterr().err
    assert (tmp_path / "log.jsonl").read_bytes() == before
    assert train(tmp_path, "--resume", "--max_steps", "7") == 0
    assert [line["step"] for line in log_of(tmp_path)] == list(range(1, 8))


def test_sigterm_finishes_the_step_saves_and_asks_to_be_resumed(tmp_path, processes):
    running = started(processes, tmp_path / "out", "--max_steps", "100000")
    wait_for_steps(tmp_path / "out", 5)
    os.kill(running.pid, signal.SIGTERM)
    running.join(60)
    printed = (tmp_path / "stderr").read_text()
    assert running.exitcode == 75
    assert (
        "SIGTERM: this step will be finished and saved. A second Ctrl-C stops at once." in printed
    )
    assert "the same command with --resume continues" in printed
    done = len(log_of(tmp_path / "out"))
    assert (tmp_path / "out" / "latest").resolve().name == f"step_{done:06d}"
    assert train(tmp_path / "out", "--resume", "--max_steps", str(done + 2)) == 0
    assert [line["step"] for line in log_of(tmp_path / "out")][-3:] == [done, done + 1, done + 2]


def test_the_second_ctrl_c_stops_at_once_and_leaves_whole_checkpoints(tmp_path, processes):
    running = started(processes, tmp_path / "out", "--grad_accum", "100000")  # a step of minutes
    end = time.monotonic() + 60
    while not (tmp_path / "out" / "run.json").exists() and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)  # now it is in the middle of its first step
    os.kill(running.pid, signal.SIGINT)
    time.sleep(0.5)
    assert running.is_alive()
    os.kill(running.pid, signal.SIGINT)
    running.join(60)
    assert running.exitcode == 130
    assert not list((tmp_path / "out").glob("step_*"))


def refused(capsys, arguments: list[str], code: int = 2) -> str:
    try:
        assert main(arguments) == code
    except SystemExit as stopped:
        assert stopped.code == code
    return capsys.readouterr().err


def test_a_misspelt_option_is_refused_with_the_nearest_name(tmp_path, capsys):
    out = ["--out_dir", str(tmp_path / "out")]
    printed = refused(capsys, ["train", "stories", *out])
    assert printed.startswith("gptcore: There is no preset 'stories'. Did you mean 'stories-cpu'?")
    assert "--learning-rate" in refused(capsys, ["train", "names", *out, "--lerning_rate", "1"])
    printed = refused(capsys, ["train", "names", *out, "--schedule", "cosin"])
    assert "Did you mean 'cosine'?" in printed
    printed = refused(capsys, ["train", "names", *out, "--n_embd", "512", "--n_head", "12"])
    assert "set n_head to 8 or 16; or keep n_head and set n_embd to 480 or 576" in printed
    printed = refused(capsys, ["train", "fineweb-40m", *out])
    assert "needs shards: --data DIR. To make them: gptcore prepare" in printed
    assert "sample --out_dir" not in refused(capsys, ["sample", *out, "--num_samples", "0"])
    assert "There is no latest checkpoint" in refused(capsys, ["sample", *out])
    assert not (tmp_path / "out").exists()


def test_another_preset_in_the_folder_is_not_resumed(tmp_path, capsys):
    assert train(tmp_path, "--max_steps", "3") == 0
    printed = refused(capsys, ["train", "stories-cpu", "--out_dir", str(tmp_path), "--resume"])
    assert "has a run of the preset names, not of stories-cpu. To resume it: gptcore" in printed


# Shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """Prepared from text by a tokenizer that knows bytes and a few pairs."""
    from gptcore.tokenizers import BPETokenizer  # noqa: PLC0415, it is slow to load

    folder = tmp_path_factory.mktemp("shards")
    lines = [f"line {i}: the {i % 7} cats sat on {i % 3} mats" for i in range(300)]
    (folder / "text.txt").write_text("\n".join(lines))
    tokenizer = BPETokenizer.train("\n".join(lines), vocab_size=270)
    tokenizer.special_tokens["<|endoftext|>"] = 270
    tokenizer.save(folder / "tokens.json")
    by_line = ShardSettings(document="line")
    list(prepare(folder / "text.txt", folder / "shards", folder / "tokens.json", settings=by_line))
    return folder


def test_the_vocabulary_of_the_shards_must_fit_into_the_model(shards, tmp_path, capsys):
    more = ["--data", str(shards / "shards"), "--max_steps", "3", "--block_size", "16"]
    assert train(tmp_path / "a", *more) == 0
    assert train(tmp_path / "a", "--resume", "--max_steps", "5") == 0  # the folder is remembered
    capsys.readouterr()
    assert train(tmp_path / "b", *more, "--vocab_size", "100") == 2
    printed = capsys.readouterr().err
    assert "vocab_size=100 is too small: the shards in" in printed and "--vocab_size 320" in printed
    assert train(tmp_path / "b", *more, "--vocab_size", "320") == 0


def test_a_run_refuses_shards_of_another_tokenizer(shards, tmp_path, capsys):
    assert train(tmp_path, "--max_steps", "3", "--vocab_size", "320") == 0
    capsys.readouterr()
    more = ["--data", str(shards / "shards"), "--resume", "--max_steps", "5"]
    assert train(tmp_path, *more) == 2
    assert "which is not this CharTokenizer" in capsys.readouterr().err


def test_a_truncated_or_changed_shard_is_reported_before_the_first_step(shards, tmp_path, capsys):
    manifest = json.loads((shards / "shards" / "manifest.json").read_text())
    file = shards / "shards" / manifest["shards"][0]["train"]["file"]
    content = file.read_bytes()
    more = ["--data", str(shards / "shards"), "--block_size", "16"]
    for damaged in (content[:-10], content[:-1] + b"\x07"):
        file.write_bytes(damaged)
        assert train(tmp_path / "out", *more) == 1
        printed = capsys.readouterr().err
        assert file.name in printed and "Repair it with: gptcore prepare" in printed
    file.write_bytes(content)
    assert not list(tmp_path.glob("out/step_*"))


def test_without_validation_data_or_with_one_document_it_says_what_to_do(tmp_path, capsys):
    (tmp_path / "one").mkdir()
    write_shard(tmp_path / "one" / "train.bin", np.arange(2000) % 20, 20)
    more = ["--data", str(tmp_path / "one"), "--vocab_size", "64"]
    assert train(tmp_path / "out", *more) == 2
    assert "has no shards for val: no manifest.json, no val.bin" in capsys.readouterr().err
    write_shard(tmp_path / "one" / "val.bin", np.arange(5), 20)
    assert train(tmp_path / "out", *more) == 2
    assert "too few for one window of block_size=32" in capsys.readouterr().err


# Presets


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_valid_settings(name):
    preset = find_preset(name)
    shape = preset.config(None if "vocab_size" in preset.model else 65)
    assert isinstance(preset.train, TrainConfig)
    assert (preset.text is None) == name.startswith("fineweb")
    assert preset.train.checkpoint_every % preset.train.eval_every == 0
    if name.startswith("fineweb-40m"):
        tokens = preset.train.batch_size * preset.train.grad_accum * shape.block_size
        assert tokens == 524_288 and shape.n_embd == 384 and shape.vocab_size == 50304


def test_tensorboard_has_the_values_of_the_log_also_after_a_resume(tmp_path):
    pytest.importorskip("tensorboard", reason="tensorboard is not installed")
    event_files = "tensorboard.backend.event_processing.event_accumulator"
    assert train(tmp_path, "--max_steps", "13", "--tensorboard") == 0
    assert train(tmp_path, "--max_steps", "15", "--tensorboard", "--resume") == 0
    events = importlib.import_module(event_files).EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert set(events.Tags()["scalars"]) == set(log_of(tmp_path)[0]) - {"step"} | set(TIMES)
    for key in ("train_loss", "val_loss", "learning_rate"):
        logged = {line["step"]: line[key] for line in log_of(tmp_path) if line[key] is not None}
        shown = {event.step: event.value for event in events.Scalars(key)}
        assert shown == pytest.approx(logged)


def test_a_missing_tensorboard_is_reported_with_the_command_that_installs_it(
    tmp_path, capsys, monkeypatch
):
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    assert train(tmp_path, "--max_steps", "3", "--tensorboard") == 1
    assert "pip install tensorboard" in capsys.readouterr().err
