"""Which exercises run on Python's standard library: each is tried in a process without packages.

    python -S -m course.site.editor.probe < LESSONS.json     prints {exercise: what it lacks}

Pyodide has the same library, so an exercise that lacks nothing runs in a page. The right answer,
every expected mistake and the stub must get their replies.
"""

import json
import os
import subprocess
import sys
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory
from typing import Any

from course.catalogue import QUESTIONS
from course.checks import STUB_OF_A_CHECK
from course.site.editor.lesson_code import code_of
from course.site.editor.session import Session
from course.site.quiz.guesses import calls, form_named
from course.syllabus.lesson_table import Lesson, written_lessons

ROOT = Path(__file__).resolve().parents[3]
OURS = {"gptcore", "viz", "course"}
BROUGHT = "platformdirs"  # the only package that a page has


class Missing:
    """The last finder of modules: it records the packages that nobody found."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        package = name.split(".")[0]
        if package not in OURS and package not in sys.stdlib_module_names:
            self.names.add(package)
        return None


def exercises_of(lesson: Lesson) -> dict[str, int]:
    """The exercises that need Python, and the places of their cells among the code cells."""
    found = [(name, place) for place, code in enumerate(code_of(lesson)) for name, _ in calls(code)]
    return {name: place for name, place in found if form_named(name) is None}


@cache
def what_each_lacks() -> dict[str, tuple[str, ...]]:
    """The packages that each exercise of the course needs; () if it runs in a page."""
    stored = [lesson for lesson in written_lessons() if lesson.notebook.is_file()]
    lessons = [{"cells": code_of(lesson), "exercises": exercises_of(lesson)} for lesson in stored]
    brought = find_spec(BROUGHT)
    assert brought and brought.origin
    with TemporaryDirectory() as packages:
        copytree(Path(brought.origin).parent, Path(packages) / BROUGHT)
        paths = os.pathsep.join([str(ROOT), packages])
        ran = subprocess.run(
            [sys.executable, "-S", "-m", "course.site.editor.probe"],
            input=json.dumps(lessons),
            env={**os.environ, "PYTHONPATH": paths, "GPTCORE_PROGRESS": "off"},
            capture_output=True,
            text=True,
        )
    assert not ran.returncode, ran.stderr
    return {name: tuple(lacks) for name, lacks in json.loads(ran.stdout).items()}


def main() -> None:
    """Try the exercises on standard input."""
    missing = Missing()
    sys.meta_path.append(missing)
    print(
        json.dumps(
            {
                name: sorted(what_is_lacking(name, lesson["cells"], place, missing))
                for lesson in json.load(sys.stdin)
                for name, place in lesson["exercises"].items()
            }
        )
    )


def what_is_lacking(name: str, cells: list[str], place: int, missing: Missing) -> set[str]:
    """The packages that an exercise needs and that are not here."""
    missing.names.clear()
    question = QUESTIONS[name]
    try:
        right = question.judge(question.right).right
        mistakes = [question.judge(wrong.answer).mistake == wrong for wrong in question.wrong]
        reply = json.loads(Session().run(cells, place, lambda words: None))["text"]
    except Exception as error:
        return set(missing.names) or {str(error)}
    works = right and all(mistakes) and reply == f"{name}{STUB_OF_A_CHECK}"
    return set(missing.names) if works or missing.names else {reply}


if __name__ == "__main__":
    main()
