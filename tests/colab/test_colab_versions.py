"""Every lesson runs with the ipywidgets, IPython, plotly, matplotlib and NumPy that Colab ships.

They lie in a folder of their own, which comes before the environment of the tests in the kernel.
`make test` runs two lessons: the one with plotly and the one with the most controls; `make colab`
runs all. Numbers are compared elsewhere (nbval); here cells end well and show what they should.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course.needs import missing
from course.publishing.build import SECONDS_FOR_A_CELL, WIDGET_VIEW
from course.syllabus.lesson_table import written_lessons

PINS = Path(__file__).with_name("colab.txt")
BUILD = Path(__file__).resolve().parents[2] / "build"
EVERY_DAY = ("02", "05")
LESSONS = [
    lesson
    for lesson in written_lessons()
    if os.environ.get("COLAB_LESSONS") == "all" or lesson.name.startswith(EVERY_DAY)
]
SAY_VERSIONS = """\
import importlib.metadata, json
print(json.dumps({one.metadata["Name"].lower(): one.version for one in
                  reversed(list(importlib.metadata.distributions()))}))"""


@pytest.fixture(scope="module")
def packages() -> Path:
    """A folder with what Colab ships; made once, and again when the list changes."""
    kind = hashlib.sha256(PINS.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = BUILD / f"colab-{kind}"
    if not folder.is_dir():
        part = BUILD / f"colab-{kind}-{os.getpid()}.part"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
        ran = subprocess.run([*command, part, "-r", PINS], capture_output=True, text=True)
        if ran.returncode:
            shutil.rmtree(part, ignore_errors=True)
            errors = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
            pytest.skip(f"Colab's packages could not be installed: {' '.join(errors)[:300]}")
        try:
            part.rename(folder)
        except OSError:  # another process of these tests was first
            shutil.rmtree(part, ignore_errors=True)
    return folder


def shown(cell) -> list:
    """What a cell shows: kinds of outputs in their order, without the live view of a control."""
    kinds: list = []
    for output in cell.outputs:
        if output.get("data") == {}:  # the first output of a folded answer
            continue
        kind = sorted(set(output.get("data", ())) - {WIDGET_VIEW}) or output.get("name", "error")
        if kind != "stdout" or kinds[-1:] != ["stdout"]:  # a stream may come in pieces
            kinds.append(kind)
    return kinds


def run_as_in_colab(notebook, folder: Path, packages: Path) -> dict[str, str]:
    """Run all cells that can run here; gives the versions that the kernel had."""
    waiting = [cell for cell in notebook.cells if missing(cell.metadata.get("tags", []))]
    for cell in waiting:
        cell.metadata.tags = [*cell.metadata.tags, "skip-execution"]
    notebook.cells.insert(0, nbformat.v4.new_code_cell(SAY_VERSIONS))
    client = NotebookClient(
        notebook,
        timeout=SECONDS_FOR_A_CELL,
        kernel_name="python3",
        skip_cells_with_tag="skip-execution",
        resources={"metadata": {"path": str(folder)}},
    )
    quiet = {"PYDEVD_DISABLE_FILE_VALIDATION": "1"}  # the debugger of that ipykernel warns
    client.execute(env=os.environ | quiet | {"PYTHONPATH": str(packages)})
    return json.loads(notebook.cells.pop(0).outputs[0].text)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_every_cell_shows_in_colab_what_it_shows_here(lesson, packages):
    stored = nbformat.read(lesson.notebook, as_version=4)
    notebook = nbformat.read(lesson.notebook, as_version=4)
    versions = run_as_in_colab(notebook, lesson.notebook.parent, packages)
    pins = [line.split("==") for line in PINS.read_text().splitlines() if "==" in line]
    assert {name: versions[name.lower()] for name, _ in pins} == dict(pins)
    controls = 0
    for before, cell in zip(stored.cells, notebook.cells):
        if cell.cell_type == "code" and "skip-execution" not in cell.metadata.get("tags", []):
            assert shown(cell) == shown(before), cell.source
            for output in cell.outputs:
                if WIDGET_VIEW in output.get("data", {}):
                    controls += 1
                    assert "<img " in output.data["text/html"], "a control without its still"
    assert controls, "no control came alive"
