"""Checkpoints are complete or do not exist; damaged ones are skipped with a warning."""

import json
import os
import pickle
import resource
import shutil
import signal
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from small_runs import NO_DROPOUT, SHORT, log_of, new_model, run, untimed

from gptcore.corpus import DiskFullError
from gptcore.model import GPT
from gptcore.training import Checkpoints, load_model, read_log

pytestmark = pytest.mark.slow

FEW = replace(SHORT, max_steps=10)
FILES = {"model.safetensors", "config.json", "optimizer.safetensors", "state.json", "files.json"}


@pytest.fixture(scope="module")
def finished(text, tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    run(text, folder)
    return folder


@pytest.fixture
def out(finished, tmp_path):
    """A copy of a run with the checkpoints 35, 40 and the best one, to be damaged."""
    return Path(shutil.copytree(finished, tmp_path / "out", symlinks=True))


def test_a_checkpoint_is_a_folder_of_safetensors_and_json(out):
    assert {file.name for file in (out / "latest").iterdir()} == FILES
    assert (out / "latest").resolve() == out / "step_000040"
    state = json.loads((out / "latest" / "state.json").read_text())
    assert (state["step"], state["tokens"]) == (40, 40 * 4 * 12)
    model = GPT.load(out / "latest")
    assert model.config.n_embd == 16


def test_the_newest_and_the_best_are_kept(text, tmp_path):
    config = replace(SHORT, keep_checkpoints=3, eval_every=5)
    steps = run(text, tmp_path, config)
    measured = {s.step: s.val_loss for s in steps if s.val_loss is not None}
    best = min(measured, key=measured.get)
    kept = Checkpoints(tmp_path).steps()
    assert kept == sorted({30, 35, 40, best})
    assert (tmp_path / "best").resolve().name == f"step_{best:06d}"


def test_the_best_and_protected_checkpoints_are_kept_however_old(tmp_path):
    for step in (5, 10, 15, 20, 25):
        (tmp_path / f"step_{step:06d}").mkdir()
    store = Checkpoints(tmp_path, keep=1, protected_steps=(15,))
    store.prune(best=10)
    assert store.steps() == [10, 15, 25]
    store.prune(best=None)
    assert store.steps() == [15, 25]


def test_a_damaged_checkpoint_is_skipped_and_latest_leads_to_the_one_before(out, text):
    log = log_of(out)
    for name in sorted(FILES):
        file = out / "step_000040" / name
        content = file.read_bytes()
        for damaged in (content[: len(content) // 2], b"", content[:-9] + b"x" + content[-8:]):
            file.write_bytes(damaged)
            with pytest.warns(UserWarning, match="step_000040 .*Trying an older one"):
                loaded = Checkpoints(out).load_newest()
            assert loaded.folder.name == "step_000035"
            assert (out / "latest").resolve().name == "step_000040"  # reading writes nothing
        file.write_bytes(content)
    (out / "step_000040" / "model.safetensors").unlink()
    with pytest.warns(UserWarning, match="step_000040 is incomplete"):
        again = run(text, out, resume=True)
    assert [step.step for step in again] == [36, 37, 38, 39, 40]
    assert log_of(out) == log
    assert Checkpoints(out).load_newest().folder.name == "step_000040"


def test_if_all_are_damaged_no_new_run_overwrites_them(out, text):
    for folder in out.glob("step_*"):
        (folder / "files.json").unlink()
    with (
        pytest.warns(UserWarning),
        pytest.raises(OSError, match=r"All checkpoints in .* are damaged"),
    ):
        run(text, out, resume=True)


def test_a_half_written_checkpoint_is_ignored_and_removed(out, text):
    (out / "step_000045.part").mkdir()
    (out / "step_000020.removed").mkdir()
    assert Checkpoints(out).load_newest().folder.name == "step_000040"
    run(text, out, replace(SHORT, max_steps=41), resume=True)
    assert not list(out.glob("*.part")) and not list(out.glob("*.removed"))


@contextmanager
def files_at_most(size_bytes: int):
    """Let writing fail above a file size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    deaf = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, deaf)


@pytest.mark.parametrize("size_bytes", [20_000, 40_000], ids=["weights", "optimizer"])
def test_a_full_disk_leaves_the_old_checkpoint_intact(size_bytes, text, tmp_path):
    out = tmp_path / "out"
    run(text, out, FEW, stop=iter([False] * 4 + [True]).__next__)
    before = {f.name: f.read_bytes() for f in (out / "latest").iterdir()}
    with (
        files_at_most(size_bytes),
        pytest.raises(DiskFullError, match=r"is too full.* it is unchanged"),
    ):
        run(text, out, FEW, resume=True)
    assert (out / "latest").resolve().name == "step_000005"
    assert {f.name: f.read_bytes() for f in (out / "latest").iterdir()} == before
    assert not list(out.glob("*.part"))
    run(text, out, FEW, resume=True)
    assert log_of(out) == untimed(run(text, None, FEW))


def test_a_disk_too_full_for_the_log_is_reported_and_nothing_is_lost(text, tmp_path):
    out = tmp_path / "out"
    run(text, out, FEW, stop=iter([False] * 4 + [True]).__next__)
    largest = max((out / name).stat().st_size for name in ("run.json", "log.jsonl"))
    with (
        files_at_most(largest + 300),
        pytest.raises(DiskFullError, match=r"too full for the log\. Checkpoints are unchanged\."),
    ):
        run(text, out, replace(FEW, checkpoint_every=100), resume=True)
    assert [step.step for step in read_log(out)][:5] == [1, 2, 3, 4, 5]
    run(text, out, FEW, resume=True)
    assert log_of(out) == untimed(run(text, None, FEW))


def test_pickled_checkpoints_are_not_opened(text, tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    (tmp_path / "ckpt.pt").write_bytes(pickle.dumps(Trap()))
    for ask in (
        lambda: run(text, tmp_path, resume=True),
        lambda: load_model(tmp_path),
    ):
        with pytest.raises(ValueError, match=r"is a pickle.*GPT.from_nanogpt\(FILE\)"):
            ask()
    assert not (tmp_path / "sprung").exists()


def test_a_pickle_named_like_the_weights_is_not_opened_either(out, text):
    (out / "step_000040" / "model.safetensors").write_bytes(pickle.dumps({"weight": 1}))
    with pytest.warns(UserWarning, match="model.safetensors has changed"):
        assert Checkpoints(out).load_newest().folder.name == "step_000035"


def test_without_links_a_text_file_names_the_checkpoint(text, tmp_path, monkeypatch):
    def refused(*_, **__):
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr("pathlib.Path.symlink_to", refused)
    run(text, tmp_path, replace(SHORT, eval_every=5))
    assert (tmp_path / "latest").read_text() == "step_000040\n"
    best = load_model(tmp_path, "best")
    assert best.config == load_model(tmp_path).config


def test_the_log_is_truncated_to_the_checkpoint_and_half_lines_are_skipped(out, text):
    log = log_of(out)
    with (out / "log.jsonl").open("a") as file:
        file.write('{"step": 41, "tokens": 99}\n{"step": 42, "tok')
    run(text, out, replace(SHORT, max_steps=41), resume=True)
    assert log_of(out)[:40] == log
    assert [step.step for step in read_log(out)] == list(range(1, 42))


def test_loading_from_a_folder_without_a_checkpoint_names_it(tmp_path):
    with pytest.raises(ValueError, match="There is no latest checkpoint in"):
        load_model(tmp_path)
    with pytest.raises(ValueError, match=r"There is no .*log\.jsonl"):
        read_log(tmp_path)


def test_the_saved_model_is_the_trained_one(text, tmp_path):
    run(text, tmp_path, replace(SHORT, max_steps=5), NO_DROPOUT)
    assert load_model(tmp_path).wte.weight.ne(new_model(NO_DROPOUT).wte.weight).any()
