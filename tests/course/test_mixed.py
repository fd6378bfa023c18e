"""The mixed pages: four questions from lessons before, out of order, none headed by its lesson."""

import re
from itertools import pairwise

import pytest

from course.catalogue import mixed
from course.syllabus.lesson_table import all_lessons

LESSON = {lesson.name: lesson for lesson in all_lessons()}
pages = pytest.mark.parametrize("name", [mixed.AFTER_3, mixed.AFTER_7, mixed.AFTER_12])


def page_of(name: str) -> str:
    """The stretch of the lesson that is the page."""
    source = LESSON[name].source.read_text(encoding="utf-8")
    found = re.search(r"# ## Four questions from before\n(.*?)\n# ## ", source, re.DOTALL)
    assert found, f"{name} has no mixed page"
    return found[1]


def asked_on(name: str) -> list[str]:
    return re.findall(r'guess\("([^"]+)", \.\.\.\)', page_of(name))


@pages
def test_a_page_has_four_questions_and_they_are_those_of_its_catalogue(name):
    own = {question.name for question in mixed.QUESTIONS if question.lesson == name}
    assert len(asked_on(name)) == 4
    assert set(asked_on(name)) == own


@pages
def test_they_are_about_at_least_three_earlier_lessons_and_out_of_order(name):
    about = [mixed.ABOUT[question] for question in asked_on(name)]
    assert max(about) < LESSON[name].number
    assert len(set(about)) >= 3
    assert any(later < earlier for earlier, later in pairwise(about))


@pages
def test_no_question_says_which_lesson_it_is_from(name):
    text = page_of(name).lower()
    assert not re.search(r"lesson \d", text)
    assert not any(lesson.title.lower() in text for lesson in LESSON.values())


def test_the_answers_that_can_be_computed_are_computed():
    right = {question.name: question.right for question in mixed.QUESTIONS}
    x, y, rate = 3.0, 1.0, right["learning rate above which 2 y squared diverges"]
    assert right["x.grad after two backward passes"] == 2 * 2 * x
    assert abs(y - (rate - 0.001) * 4 * y) < 1 < abs(y - (rate + 0.001) * 4 * y)
    assert right["attention weights of one head"] == sum(
        earlier <= later for later in range(5) for earlier in range(5)
    )
