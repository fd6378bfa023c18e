"""What is to be installed is written in four places; here they are held together."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.version import Version

from course.publishing import environment

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
EXTRAS = PYPROJECT["optional-dependencies"]
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
NAMES_IN_CONDA = {"torch": "pytorch", "huggingface-hub": "huggingface_hub"}
NOT_IN_CONDA = {"ipykernel": "comes with jupyterlab", "py3langid": "from pip"}


def requirements(*extras: str) -> list[Requirement]:
    lines = [*PYPROJECT["dependencies"], *(line for extra in extras for line in EXTRAS[extra])]
    return [Requirement(line) for line in lines if not line.startswith("gptcore")]


def pins() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pairs = [line.split("==") for line in lines if "==" in line and not line.startswith("#")]
    return {re.sub(r"[-_.]+", "-", name).lower(): Version(version) for name, version in pairs}


def test_conda_lists_what_was_asked_for_and_pins_python():
    listed = [line for line in CONDA["dependencies"] if isinstance(line, str)]
    names = {re.split(r"[<>=]", line)[0] for line in listed}
    requested = [
        "jupyterlab",
        "ipywidgets",
        "matplotlib",
        "plotly",
        "pytorch",
        "tiktoken",
        "pyarrow",
        "nbval",
    ]
    assert set(requested) <= names
    assert any(re.fullmatch(r"python=3\.1[1-3]", line) for line in listed)
    assert CONDA["channels"] == ["conda-forge"]


def test_conda_makes_our_packages_importable():
    (pip,) = [line["pip"] for line in CONDA["dependencies"] if isinstance(line, dict)]
    assert [line for line in pip if not line.startswith("py3langid")] == ["-e ."]


@pytest.mark.slow
def test_binder_fails_at_its_build_and_not_before_a_reader():
    script = ROOT / "postBuild"
    assert script.read_text(encoding="utf-8").startswith("#!/bin/bash\n")
    commands = [
        line for line in script.read_text(encoding="utf-8").splitlines() if "python" in line
    ]
    assert any("import gptcore, viz, course" in command for command in commands)
    assert subprocess.run(["bash", script], env=os.environ | {"PATH": PATH}).returncode == 0


def test_conda_has_all_that_pip_would_otherwise_have_to_bring():
    names = {re.split(r"[<>=]", line)[0] for line in CONDA["dependencies"] if isinstance(line, str)}
    for needed in requirements("text", "course", "train"):
        name = NAMES_IN_CONDA.get(needed.name, needed.name)
        assert name in names or name in NOT_IN_CONDA, f"{name} is not in environment.yml"


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_every_range_admits_its_pin(extra):
    pinned = pins()
    for needed in requirements(extra):
        name = re.sub(r"[-_.]+", "-", needed.name).lower()
        assert name in pinned, f"{name} has no pin in constraints.txt"
        assert needed.specifier.contains(pinned[name]), f"{needed} does not admit {pinned[name]}"


def test_ranges_stay_wide_enough_for_colab():
    ranges = {needed.name: needed.specifier for needed in requirements("text", "course", "train")}
    colab = {"ipywidgets": "7.7.1", "plotly": "5.24.1", "torch": "2.11.0", "numpy": "2.1.3"}
    for name, version in colab.items():
        assert ranges[name].contains(version), f"Colab has {name} {version}"


def test_other_versions_differ_in_what_their_name_says():
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert environment.constraints("pinned") == pinned
    assert environment.constraints("newest") == ""
    oldest = environment.constraints("oldest-torch")
    (line,) = set(oldest.splitlines()) - set(pinned.splitlines())
    (torch,) = [needed for needed in requirements("train") if needed.name == "torch"]
    least = str(torch.specifier).removeprefix(">=")
    assert line == f"torch=={least}.*"
    assert torch.specifier.contains(f"{least}.0")


def test_an_environment_with_other_versions_is_made_anew():
    kinds = ("pinned", "oldest-torch", "newest")
    assert len({environment.fingerprint(versions) for versions in kinds}) == len(kinds)


@pytest.mark.parametrize(
    "rule, impossible, message",
    [
        ("OLDEST = (3, 11)", "OLDEST = (9, 0)", r"needs 9\.0 or newer.*make lab PYTHON="),
        (
            '"course": 3.0',
            '"course": 1e9',
            r"the disk has [\d.]+ GB free, and the environment needs",
        ),
    ],
    ids=["Python too old", "disk full"],
)
def test_what_is_missing_is_told_before_anything_is_written(tmp_path, rule, impossible, message):
    script = (ROOT / "course" / "publishing" / "environment.py").read_text(encoding="utf-8")
    assert rule in script
    (tmp_path / "course" / "publishing").mkdir(parents=True)
    copy = tmp_path / "course" / "publishing" / "environment.py"
    copy.write_text(script.replace(rule, impossible), encoding="utf-8")
    for name in ("pyproject.toml", "constraints.txt"):
        (tmp_path / name).write_text("")
    ran = subprocess.run([sys.executable, str(copy), "course"], capture_output=True, text=True)
    assert ran.returncode == 1
    assert re.search(message, ran.stderr, re.DOTALL)
    assert not (tmp_path / ".venv").exists()
