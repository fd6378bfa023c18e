"""What is noted of an answer, where, and that it never costs a lesson anything."""

import json
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

from course import check, guess
from course.record.kept import OFF, VARIABLE, answered, answers_in, place

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(monkeypatch, tmp_path):
    path = tmp_path / "new folder" / "answers.jsonl"
    monkeypatch.setenv(VARIABLE, str(path))
    return path


def test_a_guess_and_a_check_are_noted_with_the_belief_behind_a_foreseen_mistake(file):
    guess("L grows by", 0.003)
    guess("L grows by", 0.004)
    check("gradients", {"L": 1, "v": 2, "u": 2, "three": 4, "x": 0})
    first, second, third = answers_in(file)
    assert (first.question, first.right, first.answer) == ("L grows by", False, "0.003")
    assert first.belief == "only the product counts"
    assert (second.right, second.belief) == (True, "")
    assert (third.right, third.belief) == (False, "")
    assert third.answer == "{'L': 1, 'three': 4, 'u': 2, 'v': 2, 'x': 0}"
    assert answered() == {"L grows by"}


def test_what_is_not_done_yet_is_not_noted(file):
    guess("L grows by", ...)
    check("tanh", ...)
    check("tanh", lambda x: ...)
    assert not file.exists() and answered() == set()


@pytest.mark.slow
def test_no_code_of_the_readers_is_kept_and_no_endless_answer(file):
    check("tanh", lambda x: "my secret")
    check("right_orders", list(range(1_000_000)))
    assert [len(answer.answer) for answer in answers_in(file)] == [0, 43]
    assert "secret" not in file.read_text()


def test_only_its_owner_may_read_the_file(file):
    guess("L grows by", 1)
    if sys.platform != "win32":
        assert file.stat().st_mode & 0o077 == 0


def test_off_keeps_nothing(monkeypatch, file):
    monkeypatch.setenv(VARIABLE, " OFF ")
    guess("L grows by", 0.004)
    assert place() is None and answered() == set()


def test_tests_and_their_kernels_keep_nothing():
    assert os.environ[VARIABLE] == OFF


def test_unless_said_otherwise_it_lies_in_the_users_folder_of_data(monkeypatch):
    monkeypatch.delenv(VARIABLE)
    assert place().name == "answers.jsonl" and place().parent.name == "gptcore"
    assert place().is_absolute() and ROOT not in place().parents


@pytest.mark.parametrize("in_the_way", ["a file for a folder", "a folder for the file"])
def test_a_place_that_cannot_be_written_costs_no_lesson(monkeypatch, tmp_path, capsys, in_the_way):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "a.jsonl" if in_the_way.startswith("a file") else tmp_path
    monkeypatch.setenv(VARIABLE, str(path))
    guess("L grows by", 0.004)
    assert capsys.readouterr().out.startswith("yes. 3 through the product")
    assert answered() == set()


def test_an_object_that_cannot_show_itself_costs_no_lesson(file, capsys):
    class Shy:
        def __repr__(self):
            raise RuntimeError("no")

    check("right_orders", {"A": Shy()})
    assert "right_orders: not yet" in capsys.readouterr().out


def test_torn_and_foreign_lines_are_passed_over(file):
    guess("L grows by", 0.004)
    whole = file.read_text()
    strange = ['{"at": 1}', '["a"]', "null", whole[:20], '{"x": 1, ' + whole[1:], "\udcff"]
    typed = json.dumps({"at": "", "question": ["x"], "right": "yes", "belief": "", "answer": ""})
    file.write_bytes("\n".join([*strange, typed, whole]).encode("utf-8", "surrogateescape"))
    assert [answer.question for answer in answers_in(file)] == ["L grows by"]


@pytest.mark.skipif(sys.platform == "win32", reason="appending is more than one step there")
@pytest.mark.slow
def test_four_kernels_at_once_lose_no_line_and_tear_none(file):
    program = "from course import guess\nfor n in range(100): guess('L grows by', n / 7)"
    command = [sys.executable, "-c", program]
    kernels = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) for _ in range(4)]
    assert [kernel.wait(120) for kernel in kernels] == [0] * 4
    assert len(file.read_text().splitlines()) == len(answers_in(file)) == 400


def test_a_line_says_this_and_no_more(file):
    guess("L grows by", 0.004)
    line = json.loads(file.read_text())
    assert set(line) == {"at", "question", "right", "belief", "answer"}
    datetime.strptime(line["at"], "%Y-%m-%dT%H:%M")
