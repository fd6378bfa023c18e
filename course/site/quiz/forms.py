"""A question of the catalogue as a form: its fields, and the reply to every answer.

`static/quiz.js` shows the form and looks the reply up. A question that no form can hold, such as
an exercise whose answer is a function, has None.
"""

from collections.abc import Iterable, Mapping
from itertools import chain, combinations, product
from string import ascii_uppercase
from typing import Any

from course.exercises.exercises import Exercise
from course.exercises.questions import Question
from course.site.quiz.fields import fields_form, verdict_of
from course.site.quiz.numbers import number_form

Form = dict[str, Any]
MOST_SUBSETS = 2**10


def form_of(question: Question) -> Form | None:
    """The form of a question; None if its answer cannot be judged without Python."""
    form = None if isinstance(question, Exercise) else replies_of(question)
    return form and {"name": question.name, **form}


def replies_of(question: Question) -> Form | None:
    right = question.right
    if isinstance(right, bool):
        return choice_form(question, [True, False])
    if isinstance(right, (int, float)):
        return number_form(question)
    if isinstance(right, str):
        is_set = len(right) > 1 and set(right) <= set(ascii_uppercase)
        return subset_form(question, "".join) if is_set else choice_form(question, words(question))
    if isinstance(right, (set, frozenset)):
        return subset_form(question, set)
    if isinstance(right, Mapping) and all(isinstance(one, bool) for one in right.values()):
        return table_form(question)
    return fields_form(question)


def words(question: Question) -> list[Any]:
    """The words to choose from: the right one, and those of the expected mistakes."""
    return sorted({question.right, *(wrong.answer for wrong in question.wrong)}, key=str)


def choice_form(question: Question, answers: Iterable[Any]) -> Form:
    """One answer of several."""
    options = [{"value": str(one), **verdict_of(question, one)} for one in answers]
    return {"kind": "choice", "options": options}


def subset_form(question: Question, make: Any) -> Form | None:
    """Any number of letters."""
    seen = set(chain(question.right, *(wrong.answer for wrong in question.wrong)))
    letters = sorted(ascii_uppercase[: ascii_uppercase.index(max(seen)) + 1])
    if 2 ** len(letters) > MOST_SUBSETS:
        return None
    subsets = chain.from_iterable(combinations(letters, n) for n in range(1, len(letters) + 1))
    return {
        "kind": "subset",
        "letters": letters,
        **shared({"".join(subset): verdict_of(question, make(subset)) for subset in subsets}),
    }


def table_form(question: Question) -> Form:
    """True or False for each line."""
    lines = list(question.right)
    answers = product([True, False], repeat=len(lines))
    return {
        "kind": "table",
        "lines": lines,
        **shared(
            {
                "".join("TF"[not value] for value in answer): verdict_of(
                    question, dict(zip(lines, answer))
                )
                for answer in answers
            }
        ),
    }


def shared(replies: Mapping[str, dict[str, Any]]) -> Form:
    """Each different reply once, and its number for each answer."""
    different = list({one["words"]: one for one in replies.values()}.values())
    place = {one["words"]: i for i, one in enumerate(different)}
    return {
        "replies": different,
        "answers": {answer: place[one["words"]] for answer, one in replies.items()},
    }
