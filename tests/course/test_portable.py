"""`make portable` finds a cell whose output depends on the machine, and no other."""

import math
import re
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
import pytest

from course.publishing import portable
from course.publishing.portable import LESSONS_THAT_TRAIN, NUDGED, QUICK, SETTINGS, differing_cells
from course.syllabus.lesson_table import written_lessons

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# A loss of 30 steps, all its digits; then rounded to what every processor agrees on.
TRAIN = """\
from gptcore.scalar import MicroGPT
loss = [step.loss for step in MicroGPT(["emma", "anna", "mia"], seed=1).train(30)][-1]
print(loss)"""


@pytest.fixture
def folder():
    """Inside the repository, where pytest finds conftest.py."""
    (ROOT / "build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir=ROOT / "build") as made:
        yield Path(made)


def stored(folder: Path, *cells: tuple[str, str]) -> Path:
    """A notebook of cells with the text that each has printed."""
    made = [
        nbformat.v4.new_code_cell(
            source, execution_count=1, outputs=[nbformat.v4.new_output("stream", text=text)]
        )
        for source, text in cells
    ]
    path = folder / "some.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=made), path)
    return path


def test_a_cell_that_differs_under_a_setting_is_named_and_the_others_are_not(folder):
    threads = "import os; print(os.environ['OMP_NUM_THREADS'])"
    notebook = stored(folder, ("print(1 + 1)", "2\n"), (threads, "1\n"))
    assert differing_cells([notebook], {"OMP_NUM_THREADS": "1"}) == []
    (found,) = differing_cells([notebook], {"OMP_NUM_THREADS": "2"})
    assert found.endswith("Cell 1")  # counted from 0, as nbval does


def test_digits_that_no_other_processor_has_are_found_and_rounded_ones_hold(folder):
    ran = subprocess.run([sys.executable, "-c", TRAIN], capture_output=True, text=True, check=True)
    loss = float(ran.stdout)
    assert abs(loss * 1000 % 1 - 0.5) > 0.1, "this loss is near a boundary: choose another seed"
    notebook = stored(folder, (TRAIN, f"{loss}\n"), ("print(f'{loss:.3f}')", f"{loss:.3f}\n"))
    assert differing_cells([notebook], {}) == []
    (found,) = differing_cells([notebook], {NUDGED: "1"})
    assert found.endswith("Cell 0")


def test_equal_weights_stay_equal_and_move_in_their_last_digits_only():
    program = """\
import math, torch
from course.publishing.nudged import nudge
nudge(with_torch=True)
pair = [torch.full((3,), 0.7, requires_grad=True) for _ in range(2)]
unused = torch.ones(1, requires_grad=True)
for weight in pair:
    weight.grad = torch.tensor([1.0, -2.0, 3.0])
    torch.optim.SGD([weight, unused], lr=0.1).step()
assert torch.equal(*pair) and unused.item() == 1
exact = torch.tensor([0.6, 0.9, 0.4])
assert not torch.equal(pair[0], exact) and torch.allclose(pair[0], exact, rtol=1e-6)
print(math.exp(0), math.log(1), repr(math.exp(1)))"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    one, zero, e = map(float, ran.stdout.split())
    assert (one, zero) == (1, 0) and abs(e / math.e - 1) < 4e-16


def test_no_setting_asks_for_more_than_every_processor_of_the_last_years_has():
    for setting in (SETTINGS | QUICK).values():
        assert setting.get("ATEN_CPU_CAPABILITY", "default") in ("default", "avx2")
    assert len({tuple(setting.items()) for setting in SETTINGS.values()}) == len(SETTINGS) >= 4


# Calls that train a model, in the lesson or in an experiment that it imports.
TRAINS = r"\btrain(?:ed|_switch)?\(|\bloss_for\("


def test_lessons_that_train_are_those_that_ci_runs():
    for lesson in written_lessons():
        source = lesson.source.read_text(encoding="utf-8")
        by_matrices = re.search(r"^(?:import torch|from gptcore\.ladder)", source, re.MULTILINE)
        by_matrices = bool(by_matrices) and bool(re.search(TRAINS, source))
        assert by_matrices == lesson.name.startswith(LESSONS_THAT_TRAIN), lesson.name


def test_the_command_says_which_cells_differ_and_ends_with_1(monkeypatch, capsys):
    found = {"1": ["07 Cell 3"], "2": []}
    monkeypatch.setattr(portable, "SETTINGS", {"one": {"x": "1"}, "two": {"x": "2"}})
    monkeypatch.setattr(portable, "differing_cells", lambda _, setting: found[setting["x"]])
    assert portable.main([]) == 1
    assert "one: 1 cells differ\n  07 Cell 3\ntwo: no cells differ\n" in capsys.readouterr().out
    found["1"] = []
    assert portable.main(["07"]) == 0
    assert portable.main(["99"]) == 2
    assert "No lesson begins with 99." in capsys.readouterr().err


def test_notebooks_that_cannot_be_compared_are_no_success(folder):
    with pytest.raises(RuntimeError, match="nothing compared"):
        differing_cells([folder / "missing.ipynb"], {})
