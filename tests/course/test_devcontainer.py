"""The container of Codespaces uses what the repository has, and words that its schema knows."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8")
CONTAINER = json.loads(re.sub(r"^\s*//.*$", "", TEXT, flags=re.MULTILINE))


def test_it_makes_the_environment_with_the_maker_of_the_house():
    assert re.fullmatch(
        r"python course/publishing/environment\.py course --torch cpu",
        CONTAINER["postCreateCommand"],
    )
    python = CONTAINER["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert python == "${containerWorkspaceFolder}/.venv/bin/python"


def test_its_python_is_new_enough_and_one_that_the_notebooks_were_made_with():
    (version,) = re.findall(r"python:(\d+\.\d+)", CONTAINER["image"])
    environment = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert f"- python={version}" in environment


def test_it_opens_lesson_0():
    (first,) = CONTAINER["customizations"]["codespaces"]["openFiles"]
    assert (ROOT / first).is_file() and "00_" in first


def test_its_words_are_those_of_the_published_schema():
    """The words of devContainer.base.schema.json for a container made from an image."""
    known = {"name", "image", "hostRequirements", "postCreateCommand", "customizations"}
    assert set(CONTAINER) <= known | {"forwardPorts", "portsAttributes"}
    assert set(CONTAINER["hostRequirements"]) <= {"cpus", "memory", "storage"}
    for room in ("memory", "storage"):
        assert re.fullmatch(r"\d+([tgmk]b)?", CONTAINER["hostRequirements"][room])
    assert set(CONTAINER["portsAttributes"]) == set(map(str, CONTAINER["forwardPorts"]))
