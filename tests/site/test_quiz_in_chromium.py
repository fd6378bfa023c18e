"""Guesses on the site: every answer gets the reply that it gets in the notebook."""

import random
from functools import cache

import pytest

from course.catalogue import QUESTIONS
from course.exercises.exercises import Exercise
from course.site.quiz.forms import form_of

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
NEEDS_PYTHON = {"9.4e17 FLOPs"}  # its reply is computed from the answer
# Enters texts, or ticks options by their values, submits, and reads the reply.
ENTER = """(answers) => answers.map(([name, given]) => {
  const box = [...document.querySelectorAll('.quiz')].find(
    (box) => JSON.parse(box.querySelector('script').textContent).name === name);
  const fields = [...box.querySelectorAll('input')];
  const wanted = [...given];
  for (const field of fields) {
    if (field.type === 'text') field.value = wanted.shift();
    else field.checked = [field.value, field.name.at(-1) + field.value].some(
      (value) => given.includes(value));
  }
  box.querySelector('button').click();
  return box.querySelector('.reply').textContent;
})"""
NAMES = "[...document.querySelectorAll('.quiz script')].map(s => JSON.parse(s.textContent).name)"


@cache  # seconds, which a run of other tests does not need
def forms() -> dict[str, dict]:
    made = {name: form_of(question) for name, question in QUESTIONS.items()}
    return {name: form for name, form in made.items() if form is not None}


def test_every_question_without_a_program_has_a_form():
    simple = {name for name, one in QUESTIONS.items() if not isinstance(one, Exercise)}
    assert simple - set(forms()) == NEEDS_PYTHON


def answers_to(name: str) -> list:
    """Right, wrong, and unforeseen answers."""
    question, form = QUESTIONS[name], forms()[name]
    known = [question.right, *(wrong.answer for wrong in question.wrong)]
    if form["kind"] == "choice":
        return [question.right, *(wrong.answer for wrong in question.wrong)]
    if form["kind"] == "number":
        chance = random.Random(name)
        known = [one for one in known if isinstance(one, (int, float))]
        near = [one * factor for one in known for factor in (0.93, 0.998, 1.004, 1.03, -1)]
        far = [10 ** chance.uniform(-4, 7) for _ in range(8)] + [0, 1, 7, 1000]
        return [*known, *near, *far]
    if form["kind"] == "fields" and isinstance(question.right, dict):
        mixed = [
            {**question.right, line: wrong.answer[line]}
            for wrong in question.wrong
            for line in question.right
        ]
        return known + mixed + [dict.fromkeys(question.right, value) for value in known[0].values()]
    return known


def typed(name: str, answer) -> list[str]:
    """What a reader types or ticks for an answer."""
    form = forms()[name]
    if form["kind"] == "choice":
        place = [option["value"] for option in form["options"]].index(str(answer))
        return [str(place)]
    if form["kind"] == "subset":
        return sorted(answer)
    if form["kind"] == "table":
        return [f"{i}{'TF'[not answer[line]]}" for i, line in enumerate(form["lines"])]
    values = [answer[line] for line in form["lines"]] if isinstance(answer, dict) else [answer]
    return [
        ", ".join(map(repr, value)) if isinstance(value, (list, tuple)) else repr(value)
        for value in values
    ]


def test_every_answer_gets_the_reply_of_the_notebook(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    tried = 0
    for lesson in sorted({QUESTIONS[name].lesson for name in forms()}):
        page.goto((site / "notebooks" / f"{lesson}.html").as_uri())
        here = page.evaluate(NAMES)
        assert set(here) == {name for name in forms() if QUESTIONS[name].lesson == lesson}
        answers = [(name, answer) for name in here for answer in answers_to(name)]
        given = [[name, typed(name, answer)] for name, answer in answers]
        replies = page.evaluate(ENTER, given)
        for (name, answer), reply in zip(answers, replies):
            expected = QUESTIONS[name].judge(answer).words.replace("`", "")
            assert reply == expected, f"{name}: {answer}"
            tried += 1
    assert tried > 1000


def test_a_guess_opens_its_answer_and_is_kept_until_it_is_forgotten(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "notebooks" / "02_gradient_descent.html").as_uri())
    box = page.locator(".quiz").first
    answer = page.locator("details.answer").first
    assert answer.get_attribute("open") is None
    box.get_by_role("button", name="Answer").click()
    assert box.locator(".reply").inner_text() == "Choose one."
    assert answer.get_attribute("open") is None
    box.get_by_label("C").check()
    box.get_by_role("button", name="Answer").click()
    assert box.locator(".reply").inner_text().startswith("yes.")
    assert answer.get_attribute("open") is not None
    page.reload()
    assert page.locator(".quiz .reply").first.inner_text().startswith("yes.")
    assert "1 of 4 answered, 1 right" in page.locator(".quiz-count").inner_text()
    page.get_by_role("button", name="Forget them").click()
    page.wait_for_load_state()
    assert "0 of 4 answered" in page.locator(".quiz-count").inner_text()


@pytest.mark.parametrize("text", ["1,000", "a lot", "3 4", ""])
def test_what_is_no_number_is_named_and_not_judged(chromium, site, text):
    page = chromium.new_context(viewport=PHONE).new_page()
    page.goto((site / "notebooks" / "02_gradient_descent.html").as_uri())
    (reply,) = page.evaluate(ENTER, [["smallest learning rate that does not converge", [text]]])
    assert ("is no number" if text else "Enter a number") in reply
    assert page.evaluate("localStorage.length") == 0


def test_answers_of_another_shape_are_left_out_and_other_lessons_keep_theirs(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "notebooks" / "02_gradient_descent.html").as_uri())
    other = {"of another lesson": {"right": True, "values": ["1"]}}
    stored = {"direction that lowers the loss most": {"right": True}, **other}
    keep = "kept => localStorage.setItem('gptcore-answers', JSON.stringify(kept))"
    page.evaluate(keep, stored)
    page.reload()
    assert page.locator(".quiz form").count() == page.locator(".quiz").count() > 3
    assert "0 of 4 answered" in page.locator(".quiz-count").inner_text()
    page.get_by_role("button", name="Forget them").click()
    page.wait_for_load_state()
    assert page.evaluate("JSON.parse(localStorage.getItem('gptcore-answers'))") == other


def test_a_number_without_end_is_not_right(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "notebooks" / "03_scalar_autograd.html").as_uri())
    box = page.locator(".quiz", has=page.get_by_text("Your answer: gradients", exact=True))
    for field in box.locator("input").all():
        field.fill("1e999")
    box.get_by_role("button", name="Answer").click()
    assert "wrong" in box.locator(".reply").get_attribute("class")
