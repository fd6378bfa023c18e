"""Reading a run writes nothing; a copy without links or without the optimizer can be read."""

import os
import shutil
import stat
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from small_runs import SHORT, log_of, run, sha256_of_all

from gptcore.cli import main
from gptcore.training import Checkpoints, load_initial_weights, load_model, read_log

pytestmark = pytest.mark.slow

FEW = replace(SHORT, max_steps=12, eval_every=5)
LONGER = replace(FEW, max_steps=16)


@pytest.fixture(scope="module")
def original(text, tmp_path_factory):
    """A run with checkpoints 10 and 12; one of them has the best validation loss."""
    out = tmp_path_factory.mktemp("original")
    run(text, out, FEW)
    return out


@pytest.fixture(scope="module")
def resumed(original, text, tmp_path_factory):
    out = Path(shutil.copytree(original, tmp_path_factory.mktemp("x") / "run", symlinks=True))
    run(text, out, LONGER, resume=True)
    return out


def all_of(folder: Path) -> dict:
    """Content and time of every file and link."""
    return {
        path: (path.lstat().st_mtime_ns, path.is_symlink() or path.is_dir() or path.read_bytes())
        for path in [folder, *folder.rglob("*")]
    }


def without_links(out: Path) -> None:
    for name in ("latest", "best"):
        (out / name).unlink()


def with_folders(out: Path) -> None:
    """Copy folders in place of links, as `cp -rL`, zip -r and most object stores do."""
    for name in ("latest", "best"):
        folder = (out / name).resolve()
        (out / name).unlink()
        shutil.copytree(folder, out / name)


def with_names(out: Path) -> None:
    """Text files in place of links, without a newline, as zip and git on Windows write them."""
    for name in ("latest", "best"):
        target = os.readlink(out / name)
        (out / name).unlink()
        (out / name).write_text(target)


def only_latest(out: Path) -> None:
    with_folders(out)
    for folder in (*out.glob("step_*"), out / "best"):
        shutil.rmtree(folder)


COPIES = [without_links, with_folders, with_names, only_latest]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_without_links_is_read_and_resumed(copied, original, resumed, text, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    copied(out)
    before = all_of(out)
    model = load_model(original)
    for name, weight in load_model(out).state_dict().items():
        assert torch.equal(weight, model.state_dict()[name])
    if copied is not only_latest:
        best = load_model(original, "best").state_dict()
        assert all(torch.equal(w, best[n]) for n, w in load_model(out, "best").state_dict().items())
    assert len(read_log(out)) == 12 and Checkpoints(out).steps()[-1] == 12
    assert all_of(out) == before
    run(text, out, LONGER, resume=True)
    assert (out / "latest").is_symlink() and (out / "latest").resolve().name == "step_000016"
    assert log_of(out) == log_of(resumed)
    assert sha256_of_all(out / "latest") == sha256_of_all(resumed / "latest")


def test_a_damaged_folder_is_replaced_by_its_intact_copy(original, text, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    with_folders(out)
    (out / "step_000012" / "state.json").write_text("[" * 100_000)
    assert len(run(text, out, LONGER, resume=True)) == 4


def test_sampling_writes_nothing_even_from_a_damaged_run(original, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    (out / "step_000012" / "model.safetensors").write_bytes(b"")
    (out / "latest.part").write_text("of a run that was killed")
    before = all_of(out)
    with pytest.warns(UserWarning, match="step_000012 .*Trying an older one"):
        load_model(out)
    assert all_of(out) == before


def test_a_read_only_folder_is_read(original, tmp_path, monkeypatch):
    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    for name in ("replace", "rename", "symlink", "unlink", "mkdir", "remove"):
        monkeypatch.setattr(os, name, refused)
    assert load_model(original).config.n_embd == load_model(original, "best").config.n_embd == 16


@pytest.mark.parametrize("lost", ["optimizer.safetensors", "state.json", "files.json"])
def test_weights_need_neither_the_optimizer_nor_the_state(lost, original, text, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    for folder in out.glob("step_*"):
        (folder / lost).unlink()
    model = load_model(original).state_dict()
    for source in (out, out / "step_000012", out / "latest"):
        assert torch.equal(load_initial_weights(source).wte.weight, model["wte.weight"])
    with (
        pytest.warns(UserWarning),
        pytest.raises(OSError, match=r"Some weights are intact, .* --init_from"),
    ):
        run(text, out, LONGER, resume=True)


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_files_have_the_permissions_of_the_umask(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        small = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--device", "cpu"]
        small += ["--max_steps", "2"]
        assert main(["train", "names", "--out_dir", str(tmp_path / "out"), *small]) == 0
    finally:
        os.umask(before)
    files = [f for f in (tmp_path / "out").rglob("*") if f.is_file() and not f.is_symlink()]
    assert len(files) > 8
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {mode}


def test_the_best_saved_checkpoint_stays_although_an_unsaved_step_was_better(text, tmp_path):
    config = replace(SHORT, max_steps=20, eval_every=1, checkpoint_every=7, keep_checkpoints=1)
    steps = run(text, tmp_path, config)
    val = {step.step: step.val_loss for step in steps}
    best = min((7, 14, 20), key=val.get)
    assert (tmp_path / "best").resolve().name == f"step_{best:06d}"
    assert load_model(tmp_path, "best").config.n_embd == 16


def test_a_missing_run_is_reported_with_what_is_there(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"It contains runs: .*/a, .*/b\.$"):
        load_model(tmp_path)
    with pytest.raises(ValueError, match=r"saved nothing. Resume it: .* --resume$"):
        load_model(tmp_path / "a")
