"""The map of lesson 0 and the command beside it tell the truth about a file of answers."""

import re
import sys

import nbformat
import pytest

from course import check, guess
from course.catalogue import QUESTIONS
from course.record.kept import VARIABLE
from course.record.progress import main
from course.syllabus.lesson_table import written_lessons
from course.way import needs_of, way

LESSONS = {lesson.number: lesson for lesson in written_lessons()}
OF_LESSON_3 = sum(question.lesson == "03_scalar_autograd" for question in QUESTIONS.values())


@pytest.fixture
def file(monkeypatch, tmp_path):
    path = tmp_path / "answers.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def done_of(number: int) -> tuple[int, int]:
    (row,) = [row for row in way().data if row["number"] == number]
    return row["done"], row["of"]


def test_a_question_fills_the_bar_of_its_lesson_once_however_often_it_is_answered(file):
    before, questions = done_of(3)
    guess("L grows by", 0.003)
    assert done_of(3) == (before, questions) == (0, OF_LESSON_3)
    guess("L grows by", 0.004)
    guess("L grows by", 0.004)
    guess("L grows by", 0.003)  # a later mistake takes nothing back
    assert done_of(3) == (1, OF_LESSON_3)
    check("derivative of -ln p at p = 0.1", -10)
    assert done_of(3) == (2, OF_LESSON_3)


def test_every_question_of_the_course_stands_on_the_map():
    written = {lesson.name for lesson in LESSONS.values()}
    questions = [question for question in QUESTIONS.values() if question.lesson in written]
    assert sum(row["of"] for row in way().data) == len(questions)
    links = [row["link"] for row in way().data if row["link"]]
    assert links == [lesson.notebook.name for lesson in LESSONS.values()]


def test_what_a_lesson_needs_is_read_from_its_row():
    wanted = {0: (), 1: (0,), 4: (2, 3), 5: (0, 1), 7: (3, 4, 6), 11: (5, 7, 9)}
    assert {number: needs_of(LESSONS[number]) for number in wanted} == wanted


def test_the_map_that_is_stored_is_todays_with_nothing_done():
    notebook = nbformat.read(LESSONS[0].notebook, as_version=4)
    (cell,) = [cell for cell in notebook.cells if cell.source.endswith("way()")]
    assert cell.outputs[0].data["text/plain"] == repr(way()), "run `make notebooks`"
    assert not re.search(r" [1-9]\d* of \d+ questions", repr(way()))


def test_the_command_shows_copies_and_erases(file, tmp_path, capsys):
    assert main([]) == 0
    assert f"Nothing is kept yet. The first answer will be noted in {file}." in printed(capsys)
    assert main(["export", str(tmp_path / "mine")]) == 2
    assert main(["erase"]) == 0
    assert "There was nothing to erase." in printed(capsys)
    guess("L grows by", 0.004)
    capsys.readouterr()
    assert main([]) == 0
    shown = printed(capsys)
    assert re.search(rf"03_scalar_autograd +1 of {OF_LESSON_3}", shown)
    assert f"Kept in {file}, and nowhere else." in shown
    assert main(["export", str(tmp_path / "mine")]) == 0
    assert printed(capsys) == f"1 answers copied to {tmp_path / 'mine'}\n"
    assert (tmp_path / "mine").read_bytes() == file.read_bytes()
    assert main(["export", str(tmp_path / "mine")]) == 2
    assert main(["erase"]) == 0
    assert not file.exists() and (tmp_path / "mine").exists()


def test_a_copy_that_cannot_be_written_is_told_in_a_line(file, tmp_path, capsys):
    guess("L grows by", 0.004)
    capsys.readouterr()
    assert main(["export", str(tmp_path / "no" / "mine")]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'no' / 'mine'}: No such file or directory\n"


def test_switched_off_the_command_says_so(monkeypatch, capsys):
    monkeypatch.setenv(VARIABLE, "off")
    assert main([]) == 0
    assert printed(capsys).endswith("Nothing is kept, because GPTCORE_PROGRESS is 'off'.\n")


def test_in_colab_no_title_is_a_link(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert not any(row["link"] for row in way().data)


def printed(capsys) -> str:
    return capsys.readouterr().out
