"""Who reads a run writes nothing; and a copy that lost its links, or its optimizer, can be read."""

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
    """Checkpoints 10 and 12; the best validation loss of those that were saved is at 10 or 12."""
    out = tmp_path_factory.mktemp("original")
    run(text, out, FEW)
    return out


@pytest.fixture(scope="module")
def gone_on(original, text, tmp_path_factory):
    out = Path(shutil.copytree(original, tmp_path_factory.mktemp("x") / "run", symlinks=True))
    run(text, out, LONGER, resume=True)
    return out


def all_of(folder: Path) -> dict:
    """Every file and link, with its content and when it was written."""
    return {
        path: (path.lstat().st_mtime_ns, path.is_symlink() or path.is_dir() or path.read_bytes())
        for path in [folder, *folder.rglob("*")]
    }


def without_links(out: Path) -> None:
    for name in ("latest", "best"):
        (out / name).unlink()


def with_folders(out: Path) -> None:
    """As `cp -rL`, zip -r and most object stores do."""
    for name in ("latest", "best"):
        folder = (out / name).resolve()
        (out / name).unlink()
        shutil.copytree(folder, out / name)


def with_names(out: Path) -> None:
    """As zip, and git on Windows, do: a file with what the link said, without a line's end."""
    for name in ("latest", "best"):
        told = os.readlink(out / name)
        (out / name).unlink()
        (out / name).write_text(told)


def only_latest(out: Path) -> None:
    with_folders(out)
    for folder in (*out.glob("step_*"), out / "best"):
        shutil.rmtree(folder)


COPIES = [without_links, with_folders, with_names, only_latest]


@pytest.mark.parametrize("copied", COPIES)
def test_a_copy_without_links_is_read_and_gone_on_with(copied, original, gone_on, text, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    copied(out)
    before = all_of(out)
    whole = load_model(original)
    for name, weight in load_model(out).state_dict().items():
        assert torch.equal(weight, whole.state_dict()[name])
    if copied is not only_latest:
        best = load_model(original, "best").state_dict()
        assert all(torch.equal(w, best[n]) for n, w in load_model(out, "best").state_dict().items())
    assert len(read_log(out)) == 12 and Checkpoints(out).steps()[-1] == 12
    assert all_of(out) == before
    run(text, out, LONGER, resume=True)
    assert (out / "latest").is_symlink() and (out / "latest").resolve().name == "step_000016"
    assert log_of(out) == log_of(gone_on)
    assert sha256_of_all(out / "latest") == sha256_of_all(gone_on / "latest")


def test_a_damaged_folder_is_replaced_by_the_copy_of_it_that_is_whole(original, text, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    with_folders(out)
    (out / "step_000012" / "state.json").write_text("[" * 100_000)
    assert len(run(text, out, LONGER, resume=True)) == 4


def test_nothing_is_written_by_sampling_also_from_a_damaged_run(original, tmp_path):
    out = Path(shutil.copytree(original, tmp_path / "out", symlinks=True))
    (out / "step_000012" / "model.safetensors").write_bytes(b"")
    (out / "latest.part").write_text("of a run that was killed")
    before = all_of(out)
    with pytest.warns(UserWarning, match="step_000012 .*Trying an older one"):
        load_model(out)
    assert all_of(out) == before


def test_a_folder_that_nobody_may_write_to_is_read(original, tmp_path, monkeypatch):
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
    whole = load_model(original).state_dict()
    for source in (out, out / "step_000012", out / "latest"):
        assert torch.equal(load_initial_weights(source).wte.weight, whole["wte.weight"])
    with (
        pytest.warns(UserWarning),
        pytest.raises(OSError, match=r"Some weights are intact, .* --init_from"),
    ):
        run(text, out, LONGER, resume=True)


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_files_have_the_permissions_that_the_umask_says(umask, mode, tmp_path):
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


def test_the_best_of_the_saved_ones_stays_where_a_better_one_was_not_saved(text, tmp_path):
    config = replace(SHORT, max_steps=20, eval_every=1, checkpoint_every=7, keep_checkpoints=1)
    steps = run(text, tmp_path, config)
    val = {step.step: step.val_loss for step in steps}
    best = min((7, 14, 20), key=val.get)
    assert (tmp_path / "best").resolve().name == f"step_{best:06d}"
    assert load_model(tmp_path, "best").config.n_embd == 16


def test_what_is_not_there_is_told_with_what_is(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "log.jsonl").write_text("")
    with pytest.raises(ValueError, match=r"There are runs in it: .*/a, .*/b\.$"):
        load_model(tmp_path)
    with pytest.raises(ValueError, match=r"saved nothing. Resume it: .* --resume$"):
        load_model(tmp_path / "a")
