"""The self-test is worked out by Python: one answer of each question is right, and it says so."""

import re
from html import unescape
from math import isclose, log

import pytest

from course.syllabus.lesson_table import COURSE

PAGE = (COURSE / "pages" / "before_you_start.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(
    r"### Question (\d+)\n\n.*?\n\n```python\n(.*?)\n```\n(.*?)(?=\n### |\n## |\Z)", PAGE, re.S
)
ANSWER = re.compile(r"<details><summary><code>(.*?)</code></summary>\n\n(.*?)\n\n</details>", re.S)
each_question = pytest.mark.parametrize(("number", "question", "answers"), QUESTIONS)


def value_of(source: str):
    return eval(unescape(source), {"log": log})


def alike(given, wanted) -> bool:
    """Slopes and logarithms to four digits, all else exactly."""
    if isinstance(wanted, float) and isinstance(given, (int, float)):
        return isclose(given, wanted, rel_tol=1e-3)
    return given == wanted


def test_there_are_eight_questions_two_of_each_kind():
    assert [number for number, _, _ in QUESTIONS] == [str(n) for n in range(1, 9)]
    question = [part.count("### Question") for part in PAGE.split("\n## ")]
    assert question == [0, 2, 2, 2, 2, 0]


@each_question
def test_exactly_the_right_answer_says_yes(number, question, answers):
    replies = ANSWER.findall(answers)
    assert len(replies) == 4
    for answer, reply in replies:
        assert reply.startswith("Yes") is alike(value_of(answer), value_of(question)), answer


def test_the_right_answer_stands_in_different_places():
    places = [
        [reply.startswith("Yes") for _, reply in ANSWER.findall(answers)].index(True)
        for _, _, answers in QUESTIONS
    ]
    assert len(set(places)) >= 3


def test_each_reply_is_its_own():
    replies = [reply for _, _, answers in QUESTIONS for _, reply in ANSWER.findall(answers)]
    assert len(set(replies)) == len(replies) == 32
