"""The pages for teachers are held against the catalogue, the table of lessons and the manifest."""

import ast
import re

import pytest

from course.catalogue import QUESTIONS
from course.publishing import wrong_answers
from course.syllabus import pacing
from course.syllabus.lesson_table import COURSE, all_lessons, written_lessons
from course.way import needs_of
from gptcore.manifest import all_texts

WRITTEN = {lesson.name for lesson in written_lessons()}
ASKED = {name: question for name, question in QUESTIONS.items() if question.lesson in WRITTEN}
TEACHING = (COURSE / "pages" / "teaching.md").read_text(encoding="utf-8")
WRONG = wrong_answers.PAGE.read_text(encoding="utf-8")
both_plans = pytest.mark.parametrize("weeks", [pacing.NINE, pacing.SIXTEEN])


@pytest.mark.slow
def test_the_page_of_wrong_answers_is_the_catalogue():
    assert wrong_answers.page() == WRONG, (
        "run `.venv/bin/python -m course.publishing.wrong_answers`"
    )


def test_each_question_has_a_row_for_each_of_its_wrong_answers():
    """A second reading of the page, without the code that wrote it."""
    for name, question in ASKED.items():
        part = WRONG.split(f"\n### {name}\n")[1].split("\n##")[0]
        rows = [line for line in part.splitlines() if line.startswith("| ")][1:]
        assert len(rows) == len(question.wrong), f"{name}: make the page of wrong answers again"
        for row, wrong in zip(rows, question.wrong):
            cells = re.split(r"(?<!\\) ?\| ?", row)[1:-1]
            assert len(cells) == 3 and all(cells), row
            assert cells[1:] == [
                " ".join(text.split()).replace("|", "\\|") for text in (wrong.belief, wrong.hint)
            ]


def test_a_wrong_answer_is_shown_as_it_is_typed_or_as_the_catalogue_has_it():
    assert "| `0.003` | only the product counts |" in WRONG
    assert "| `len(set(invented) & set(known))` | the same name twice is one name |" in WRONG
    shown = re.findall(r"^\| `([^`]+)` \|", WRONG, flags=re.MULTILINE)
    n_wrong = sum(len(question.wrong) for question in ASKED.values())
    assert len(shown) == n_wrong, "make the page of wrong answers again"
    for source in shown:
        ast.parse(source.replace("\\|", "|"), mode="eval")


def test_the_tables_of_weeks_are_made_from_the_table_of_lessons():
    assert pacing.with_tables(TEACHING) == TEACHING, (
        "run `.venv/bin/python -m course.syllabus.pacing`"
    )
    for count in (9, 16):
        assert f"\n| {count} | " in TEACHING


@both_plans
def test_a_plan_has_every_lesson_from_0_to_16_whole_and_after_what_it_needs(weeks):
    given = [number for week in weeks for number in week.lessons]
    assert sorted(set(given)) == list(range(17))
    shares = {n: sum(w.share for w in weeks if n in w.lessons) for n in range(17)}
    assert set(shares.values()) == {1}
    for lesson in written_lessons():
        for needed in needs_of(lesson):
            assert given.index(needed) < given.index(lesson.number)


def test_two_days_and_each_goal_have_lessons_after_what_they_need():
    days = [number for half in pacing.TWO_DAYS for number in half.lessons]
    by_number = {lesson.number: lesson for lesson in written_lessons()}
    for given in (days, *pacing.GOALS.values()):
        for number in given:
            assert set(needs_of(by_number[number])) <= set(given)
            assert list(given) == sorted(set(given))
    per_day = [sum(by_number[n].minutes for n in half.lessons) for half in pacing.TWO_DAYS]
    assert max(per_day[0] + per_day[1], per_day[2] + per_day[3]) <= 300  # five hours


def test_beliefs_that_return_are_in_at_least_two_lessons():
    """A second count, from the page of wrong answers."""
    for line in pacing.returning().splitlines()[2:]:
        belief, numbers = line.strip("| ").split(" | ")
        lessons = [n for n in re.findall(r"\d+", numbers)]
        assert len(lessons) > 1
        for number in lessons:
            chapter = WRONG.split(f"\n## {number} · ")[1].split("\n## ")[0]
            assert f"| {belief} |" in chapter


def test_ranges_of_lessons_in_words():
    assert pacing.ranges((0, 1, 2, 4)) == "0 to 2 and 4"
    assert pacing.ranges((0,)) == "0"
    assert pacing.ranges((0, 2, 3, 9)) == "0, 2, 3 and 9"


@both_plans
def test_no_week_takes_more_than_two_and_a_half_hours(weeks):
    minutes = {lesson.number: lesson.minutes for lesson in all_lessons()}
    assert all(sum(minutes.get(n, 0) for n in week.lessons) <= 150 for week in weeks)
    assert len(weeks) in (9, 16)


def tickets() -> dict[int, str]:
    part = TEACHING.split("\n## Exit tickets\n")[1].split("\n## ")[0]
    return {
        int(n): text for n, text in re.findall(r"### Lesson (\d+)\n(.*?)(?=###|\Z)", part, re.S)
    }


def test_each_lesson_has_an_exit_ticket_with_its_answer_and_what_a_wrong_one_tells():
    assert set(tickets()) >= {lesson.number for lesson in written_lessons()}
    for text in tickets().values():
        question, answer = text.strip().split("\n\n", 1)
        assert question.endswith("?") and re.match(r"\*[^*]+\*", answer)
        assert len(re.sub(r"\*[^*]+\*", "", answer, count=1)) > 60


def test_the_texts_that_are_fetched_are_as_large_as_the_page_says():
    downloaded = [text for text in all_texts().values() if not text.shipped]
    assert {text.name for text in downloaded} == {
        "names-ssa",
        "shakespeare",
        "gpt2-vocabulary",
        "cl100k-vocabulary",
        "o200k-vocabulary",
    }
    assert f"{sum(text.bytes for text in downloaded) / 1e6:.1f} MB together" in TEACHING


@pytest.mark.parametrize("name", ["teaching", "wrong_answers", "glossary", "before_you_start"])
def test_every_link_of_a_page_leads_somewhere(name):
    page = COURSE / "pages" / f"{name}.md"
    for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8")):
        assert link.startswith("http") or (page.parent / link).exists(), link
