"""What a lesson costs is the system's own number, and no lesson promises more than Binder gives."""

import subprocess
import sys

import pytest

from course.publishing import cost
from course.publishing.cost import Cost, cost_of, excess
from course.syllabus.lesson_table import all_lessons

BINDER_MB = 2000
JUPYTERLAB_MB = 400  # its server, measured at 191 MB with a kernel, twice over
on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process took")


@on_linux
@pytest.mark.slow
def test_the_peak_is_what_was_held_though_it_was_given_back():
    program = "a = bytearray(200_000_000); del a; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        found = cost_of(process.pid)
        process.communicate(b"\n")
    assert 200 < found.peak_mb < 230
    assert 0 < found.cpu_seconds < 5


def test_a_process_that_is_gone_cost_nothing_that_is_known():
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert cost_of(process.pid) is None


def test_a_lesson_that_takes_more_than_it_promises_is_told_what_to_do(monkeypatch):
    monkeypatch.setattr(cost, "torch_is_for_cpu", lambda: True)
    lesson = all_lessons()[0]
    assert excess(lesson.name, Cost(lesson.memory_mb, 1.0)) == ""
    assert excess(lesson.name, Cost(lesson.memory_mb + 1, 1.0)) == (
        f"{lesson.name} took {lesson.memory_mb + 1} MB at its peak, and its header promises "
        f"{lesson.memory_mb} MB. Reduce it, or promise more in course/lessons.toml, "
        "at most 1500."
    )
    assert excess("a_notebook_of_somebody_else", Cost(9000, 1.0)) == ""
    monkeypatch.setattr(cost, "torch_is_for_cpu", lambda: False)
    assert excess(lesson.name, Cost(9000, 1.0)) == "", "CUDA's libraries are not the lesson's fault"


@pytest.mark.parametrize("lesson", all_lessons(), ids=lambda lesson: lesson.name)
def test_every_lesson_fits_into_binder_beside_jupyterlab(lesson):
    assert 0 < lesson.memory_mb <= 1500
    assert lesson.memory_mb + JUPYTERLAB_MB < BINDER_MB
