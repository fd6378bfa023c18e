"""`gptcore train --config`: which setting wins, what is refused; a run writes a file."""

import json
import sys
import tomllib
from dataclasses import asdict

import pytest
import yaml
from small_runs import log_of

from gptcore.cli import main
from gptcore.cli.training.config_file import read_config_file, toml_value, write_config_file
from gptcore.cli.training.precedence import with_options
from gptcore.model import GPTConfig
from gptcore.training import PRESETS, TrainConfig

RUN = """
preset = "names"
[train]
max_steps = 6
batch_size = 4
device = "cpu"
eval_tokens = 99
[model]
n_layer = 1
n_embd = 8
n_head = 2
"""


@pytest.fixture
def config(tmp_path):
    """Writes a file of settings."""

    def write(text: str, name: str = "run.toml"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


@pytest.fixture
def train(tmp_path, capsys):
    """Runs the command; returns its exit code and what it wrote to standard error."""

    def typed(*words: str, out: str = "out") -> tuple[int, str]:
        code = main(["train", *words, "--out_dir", str(tmp_path / out)])
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return code, message

    return typed


def settings_of(folder):
    return json.loads((folder / "run.json").read_text())["train"]


def test_the_command_line_wins_over_the_file_and_the_file_over_the_preset(train, config, tmp_path):
    text = "sample_every = 2\n" + RUN.replace(
        "batch_size = 4", "batch_size = 4\nweight_decay = 0.3"
    )
    words = ["--max_steps", "5", "--sample_every", "0"]
    assert train("--config", str(config(text)), *words)[0] == 0
    assert not any("sample" in line for line in log_of(tmp_path / "out"))
    now, preset = settings_of(tmp_path / "out"), asdict(PRESETS["names"].train)
    assert (now["max_steps"], now["batch_size"], now["weight_decay"]) == (5, 4, 0.3)
    assert now["learning_rate"] == preset["learning_rate"]
    assert len(log_of(tmp_path / "out")) == 5


def test_the_file_that_a_run_writes_repeats_the_run(train, config, tmp_path):
    assert train("--config", str(config(RUN)), "--lr", "0.02")[0] == 0
    written = tmp_path / "out" / "config.toml"
    assert train("--config", str(written), out="again")[0] == 0
    assert log_of(tmp_path / "again") == log_of(tmp_path / "out")
    assert (tmp_path / "again" / "config.toml").read_text() == written.read_text()
    # On the same file more steps can be asked for.
    more = ["--config", str(written), "--resume", "--max_steps", "8"]
    assert train(*more)[0] == 0
    assert tomllib.loads(written.read_text())["train"]["max_steps"] == 8


def test_a_run_is_resumed_without_its_preset_and_with_another_file(train, config, tmp_path):
    assert train("--config", str(config(RUN)))[0] == 0
    assert train("--resume", "--config", str(config("max_steps = 7\ngrad_clip = 0.5")))[0] == 0
    now = settings_of(tmp_path / "out")
    assert (now["max_steps"], now["grad_clip"], now["batch_size"]) == (7, 0.5, 4)


def test_yaml_says_the_same_as_toml(config):
    content = {"preset": "names", "train": {"learning_rate": 3e-4, "compile": False}}
    content["model"] = {"n_kv_head": 2, "activation": "relu"}
    from_yaml = read_config_file(config(yaml.safe_dump(content), "run.yaml"))
    flat = 'preset = "names"\nlearning_rate = 3e-4\ncompile = false\nn_kv_head = 2\n'
    from_toml = read_config_file(config(flat + 'activation = "relu"\n'))
    assert (from_yaml.top, from_yaml.train, from_yaml.model) == (
        from_toml.top,
        from_toml.train,
        from_toml.model,
    )
    # PyYAML reads 3e-4 as text.
    assert yaml.safe_load("learning_rate: 3e-4") == {"learning_rate": "3e-4"}
    assert read_config_file(config("learning_rate: 3e-4", "b.yml")).train == {"learning_rate": 3e-4}
    assert read_config_file(config("n_kv_head: null\n", "c.yml")).model == {}
    assert read_config_file(config("", "d.yml")).train == {}


@pytest.mark.parametrize("text", ['a"b\\c', "tab\tline\nend", "é 模 \U0001f600", "\x7f\x00\x1b"])
def test_any_text_is_written_as_toml(text):
    assert tomllib.loads(f"text = {toml_value(text)}") == {"text": text}


def test_all_settings_are_written_as_toml(tmp_path):
    train = asdict(TrainConfig(learning_rate=1e20, min_learning_rate=1e-7))
    model = asdict(GPTConfig(n_kv_head=4))
    write_config_file(tmp_path, {"preset": "names", "data": None}, train, model)
    found = tomllib.loads((tmp_path / "config.toml").read_text())
    assert found["train"] == train and found["preset"] == "names" and "data" not in found
    assert found["model"] == {name: value for name, value in model.items() if value is not None}
    read = read_config_file(tmp_path / "config.toml")
    assert (read.train, read.model) == (train, found["model"])


@pytest.mark.parametrize(
    "text, message",
    [
        ("seed = 1\n\nlerning_rate = 3", "line 3: there is no setting 'lerning_rate'. Did you"),
        ("[train]\nn_layer = 3", "line 2: n_layer is not in the table [train]. Put it into the"),
        ("[model]\npreset = 'names'", "line 2: preset is not in the table [model]. Put it above"),
        ("batch_size = '16'", "line 1: batch_size='16' must be an integer"),
        ("batch_size = 16.0", "line 1: batch_size=16.0 must be an integer"),
        ("compile = 1", "line 1: compile=1 must be True or False"),
        ("learning_rate = 'high'", "line 1: learning_rate='high' must be a finite number"),
        ("learning_rate = nan", "line 1: learning_rate=nan must be a finite number"),
        ("schedule = 3", "line 1: schedule=3 must be a text in quotation marks"),
        ("train = 3", "line 1: there is no setting 'train'"),
        ("seed = 1\n[train]\nseed = 2", "seed is there twice"),
        ("out_dir = 'out'", "line 1: out_dir is for the command line: gptcore train --out_dir"),
        ("a =\nb = 1", "is not TOML: Invalid value (at line 1, column 4)"),
        ("preset = 'names'\nseed = -1", "seed=-1 must be an integer, 0 or more"),
        ("preset = 'names'\nseed = -1", "run.toml, line 2)"),
        ("preset = 'names'\nn_head = 3", "is not divisible by n_head=3"),
        ("preset = 'name'", "There is no preset 'name'. Did you mean 'names'?"),
        ("lr = 1e-3\nlearning_rate = 1e-3\npreset = 'names'", "are the same setting. Give one"),
        ("seed = 3", "Name a preset: gptcore train PRESET"),
        ("[trian]\nmax_steps = 3\n", "line 1: there is no setting 'trian'. Did you mean 'train'?"),
    ],
)
def test_what_is_no_setting_is_refused_with_its_line(text, message, train, config, tmp_path):
    code, printed = train("--config", str(config(text)))
    assert code == 2 and message in printed
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "text, message",
    [
        ("a: [", "line 1 is not YAML"),
        ("- seed", "has no settings"),
        ("train:\n  seed: x", "line 2: seed='x' must be an integer"),
    ],
)
def test_a_mistake_in_yaml_is_refused_with_its_line(text, message, train, config):
    code, printed = train("--config", str(config(text, "run.yaml")))
    assert code == 2 and message in printed


def test_a_file_that_cannot_be_read_is_refused(train, tmp_path, monkeypatch):
    assert "does not exist. Each run keeps" in train("--config", str(tmp_path / "no.toml"))[1]
    (tmp_path / "config.toml").write_bytes(b"seed = \xff")
    assert f"Did you mean {tmp_path}/config.toml?" in train("--config", str(tmp_path))[1]
    assert "is not a text in UTF-8" in train("--config", str(tmp_path / "config.toml"))[1]
    (tmp_path / "run.json").write_text("{}")
    assert "must end with .toml, .yaml or .yml" in train("--config", str(tmp_path / "run.json"))[1]
    (tmp_path / "run.yaml").write_text("seed: 1")
    monkeypatch.setitem(sys.modules, "yaml", None)
    code, printed = train("--config", str(tmp_path / "run.yaml"))
    assert code == 1 and "pip install PyYAML" in printed


def test_lr_moves_the_lowest_learning_rate_along():
    before = asdict(TrainConfig(learning_rate=6e-4, min_learning_rate=6e-5))
    now = with_options(before, {"lr": 3e-3})
    assert (now["learning_rate"], now["min_learning_rate"]) == (3e-3, 3e-4)
    typed = with_options(before, {"lr": 3e-3, "min_learning_rate": 0.0})
    assert typed["min_learning_rate"] == 0
    assert with_options(before, {"learning_rate": 3e-3})["min_learning_rate"] == 6e-5


@pytest.mark.parametrize("lr", ["0", "-1", "nan"])
def test_an_impossible_lr_is_refused(lr, train):
    code, printed = train("names", f"--lr={lr}")
    assert code == 2 and "must be a number above 0" in printed
