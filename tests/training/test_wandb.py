"""`gptcore train --wandb`: the log arrives, and a resumed run is the same one there."""

import importlib
import json
import sys
from types import ModuleType

import pytest
from small_runs import log_of

from gptcore.cli import main

RUN = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--batch_size", "4", "--device", "cpu"]
RUN += ["--eval_tokens", "99", "--eval_every", "2", "--wandb"]


class Project:
    """Stands for the package wandb: remembers what it is given."""

    def __init__(self):
        self.started, self.logged, self.finished = [], [], 0

    def init(self, **options):
        self.started.append(options)
        return self

    def log(self, values, step):
        self.logged.append({"step": step, **values})

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.finished += 1


@pytest.fixture
def project(monkeypatch):
    module, project = ModuleType("wandb"), Project()
    module.__spec__ = importlib.machinery.ModuleSpec("wandb", None)
    module.Error = type("Error", (Exception,), {})
    module.init = project.init
    monkeypatch.setitem(sys.modules, "wandb", module)
    return project


def train(out, *more: str) -> int:
    return main(["train", "names", "--out_dir", str(out), *RUN, *more])


def logged_values(out) -> list[dict]:
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if v is not None} for line in lines]


@pytest.mark.slow
def test_the_values_of_the_log_arrive_and_a_resumed_run_has_the_same_id(tmp_path, project):
    assert train(tmp_path / "a", "--max_steps", "3", "--wandb_project", "names") == 0
    assert train(tmp_path / "a", "--max_steps", "5", "--resume", "--sample_every", "5") == 0
    assert project.logged == logged_values(tmp_path / "a")
    assert [step["step"] for step in project.logged] == [1, 2, 3, 4, 5]
    assert "sample" in project.logged[-1] and project.finished == 2
    first, second = project.started
    assert first["id"] == second["id"] and second["resume"] == "allow"
    assert (first["name"], first["project"], second["project"]) == ("a", "names", "names")
    assert first["config"]["n_layer"] == 1 and first["config"]["max_steps"] == 3
    assert train(tmp_path / "b", "--max_steps", "3") == 0
    assert project.started[-1]["id"] != first["id"] and project.started[-1]["project"] == "gptcore"


@pytest.mark.slow
def test_a_run_that_wandb_refuses_does_not_begin(tmp_path, project, monkeypatch, capsys):
    def refuses(**options):
        raise sys.modules["wandb"].Error("No API key configured.")

    monkeypatch.setattr(sys.modules["wandb"], "init", refuses)
    assert train(tmp_path / "out", "--max_steps", "3") == 1
    printed = capsys.readouterr().err
    assert "--wandb: No API key configured. To log in: wandb login; to log without" in printed
    assert not (tmp_path / "out" / "log.jsonl").exists()
    monkeypatch.setattr(sys.modules["wandb"], "init", project.init)
    assert train(tmp_path / "out", "--max_steps", "3") == 0


def test_without_the_package_the_command_that_installs_it_is_named(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    assert train(tmp_path / "out", "--max_steps", "3") == 1
    assert "--wandb needs wandb, which is not installed: pip install wandb" in (
        capsys.readouterr().err
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_wandb_itself_writes_each_loss_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb", reason="wandb is not installed")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    assert train(tmp_path, "--max_steps", "3") == 0
    (file,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    content = file.read_bytes()  # its own format, with each value as JSON
    for line in log_of(tmp_path):
        assert json.dumps(line["train_loss"]).encode() in content
