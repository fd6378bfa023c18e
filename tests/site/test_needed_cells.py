"""Which cells above an exercise run before it: held against a run of all cells."""

import json

import pytest

from course.site.editor.boxes import exercise_boxes
from course.site.editor.needed import cells_needed
from course.site.editor.probe import exercises_of, what_each_lacks
from course.site.editor.session import MOST_LETTERS, Session
from course.syllabus.lesson_table import written_lessons

LESSONS = [lesson for lesson in written_lessons() if lesson.notebook.is_file()]


@pytest.mark.parametrize(
    ("cells", "needed"),
    [
        (["a = 1", "b = a", "c = a", "print(b)"], [0, 1]),
        (["a = 1", "a = 2", "print(a)"], [1]),
        (["from math import log", "import math as m", "m.log(2)"], [1]),
        (["class Value: pass", "Value.tanh = 1", "Value.exp = 2", "Value()"], [0, 1, 2]),
        (["a = [1]", "a.append(2)", "len(a)", "print(a)"], [0, 1]),
        (["a = 1", "a += 1", "print(a)"], [0, 1]),
        (["row = {}", "row['q'] = 1", "print(row)"], [0, 1]),
        (["p = 0.5", "def loss(p):\n    return -p\nloss(1)"], []),
        (["k = 2", "def scaled(p):\n    return k * p", "scaled(1)"], [0, 1]),
        (["for i in range(3):\n    last = i", "print(last)"], [0]),
        (["x = 1", "print([x for x in range(3)])"], []),
        (["def f(n):\n    return f(n - 1) if n else 0", "f(2)"], [0]),
        (["a = 1", "a = 5\nprint(a)"], []),
        (["%timeit 1", "print(1)"], []),
        (["from course import check", "check('token_loss', ...)"], []),
    ],
)
def test_a_cell_is_needed_if_it_makes_or_changes_what_is_read(cells, needed):
    assert cells_needed(cells, len(cells) - 1) == needed


def run(session: Session, cells: list[str], at: int | None = None) -> str:
    return json.loads(session.run(cells, len(cells) - 1 if at is None else at, print))["text"]


def test_the_needed_cells_give_what_all_cells_give():
    cells = [
        "rows = [[3, 1], [2, 2]]",
        "print('not needed')\nother = 1",
        "def total(row):\n    return sum(row)",
        "rows[1].append(5)",
        "shares = [total(row) for row in rows]",
    ]
    space = {}
    for cell in cells:
        exec(cell, space)
    assert run(Session(), [*cells, "shares"]) == repr(space["shares"]) == "[4, 9]"


def test_a_cell_above_runs_once_and_what_it_prints_is_not_shown(capsys):
    session = Session()
    cells = ["print('above')\nmade = []", "made.append(1)\nlen(made)"]
    assert [run(session, cells), run(session, cells)] == ["1", "2"]
    assert "Running the cell above" in capsys.readouterr().out
    assert run(session, ["made = [0, 0]", cells[1]]) == "3"  # it was changed, so it runs again


def test_an_error_shows_the_lines_of_the_reader_and_none_of_ours():
    text = run(Session(), ["def half(x):\n    return x / 0\n\nhalf(1)"])
    assert (
        text == "in line 4: half(1)\nin line 2: return x / 0\nZeroDivisionError: division by zero"
    )
    text = run(Session(), ["a = 1 / 0", "print(a)"])
    assert text.startswith("A cell above raised an error:\nin line 1: a = 1 / 0\nZeroDivisionError")
    assert "SyntaxError" in run(Session(), ["def f(:"])
    assert run(Session(), ["raise SystemExit(3)"]).endswith("SystemExit: 3")
    assert "nothing_of_that_name is not in this page" in run(
        Session(), ["import nothing_of_that_name"]
    )


@pytest.mark.parametrize("code", ["def f(x, x): pass", "x = 1\nglobal x", "return 1", "nonlocal x"])
def test_what_the_compiler_refuses_is_an_error_with_its_line(code):
    text = run(Session(), [code])
    assert "in line" in text and "SyntaxError" in text and "<cell" not in text


def test_an_error_is_shown_below_much_text_and_its_calls_are_few():
    text = run(Session(), ["print('x' * 30_000)\n1 / 0"])
    assert text.endswith("ZeroDivisionError: division by zero")
    text = run(Session(), ["def f(n):\n    return f(n + 1)\n\nf(0)"])
    assert "more calls" in text and len(text) < 1_000
    assert text.splitlines()[-1].startswith("RecursionError")


def test_what_a_run_prints_has_a_limit():
    text = run(Session(), ["for i in range(20_000):\n    print(i)"])
    assert text.endswith("(only the first 20,000 letters)") and len(text) < MOST_LETTERS + 50


def test_an_exercise_runs_in_the_page_if_it_needs_no_package():
    lacks = what_each_lacks()
    assert set(lacks) == {name for lesson in LESSONS for name in exercises_of(lesson)}
    assert set(lacks.values()) == {(), ("torch",)}  # whoever fails otherwise would be named here
    first = [name for lesson in LESSONS[:8] for name in exercises_of(lesson)]
    assert len(first) >= 18 and not any(lacks[name] for name in first)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_below_each_exercise_are_the_places_where_it_runs(lesson):
    for with_page in (True, False):
        boxes = list(exercise_boxes(lesson, with_page).values())
        assert len(boxes) == len(exercises_of(lesson))
        for name, box in zip(exercises_of(lesson), boxes):
            lacks = what_each_lacks()[name]
            assert ("<script" in box) == (with_page and not lacks)
            assert ("This exercise needs PyTorch: run it " in box) == bool(lacks)
            assert "in Colab</a>" in box and "in Binder</a>" in box and "on your machine</a>" in box
