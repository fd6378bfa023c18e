"""A question with a table of numbers, or a row of them: the data with which `quiz.js` judges it.

Each line is compared with the right number, and with the number of each expected mistake.
`fields_reply` does what the script does; the tests hold both against the catalogue.
"""

from collections.abc import Mapping
from typing import Any

from course.exercises.numbers import close, plain
from course.exercises.questions import CLOSE, ROUNDED, Question
from course.exercises.rounding import is_rounded
from course.exercises.shown import shown

Numbers = list[float]
TRIED = (2, 3, 4, 5, 6, 7, 8)  # digits of a rounded number


def fields_form(question: Question) -> dict[str, Any] | None:
    """Lines, numbers and replies; None if the catalogue judges it in a way that no table holds."""
    single = not isinstance(question.right, Mapping)
    right = {"": question.right} if single else question.right
    lines = list(right)
    if not (isinstance(question.yes, str) and isinstance(question.otherwise, str)):
        return None
    if any(wrong.fits for wrong in question.wrong):
        return None
    measured = numbers_of(question, question.right, lines)
    mistakes = [
        {"numbers": numbers_of(question, wrong.answer, lines), "words": f"not yet. {wrong.hint}"}
        for wrong in question.wrong
    ]
    form = {
        "kind": "fields",
        "lines": lines,
        "right": measured,
        "rounded": [rounded(question, line) for line in lines],
        "tolerance": question.tolerance,
        "mistakes": mistakes,
        "tolerances": [CLOSE, max(CLOSE, min(question.tolerance, ROUNDED))]
        if question.tolerance
        else [0, 0],
        "yes": f"yes. {question.yes}",
        "otherwise": question.otherwise,
    }
    return form if agrees_with_catalogue(form, question) else None


def numbers_of(question: Question, answer: Any, lines: list[str]) -> list[Numbers]:
    """The numbers of an answer, as the catalogue measures them, line by line."""
    measured = plain(question.measure(answer))
    values = [measured[line] for line in lines] if isinstance(measured, Mapping) else [measured]
    return [
        [float(one) for one in (value if isinstance(value, list) else [value])] for value in values
    ]


def rounded(question: Question, line: str) -> Numbers:
    """Numbers that the catalogue takes for the right one because they are it, rounded."""
    exact = question.right[line] if isinstance(question.right, Mapping) else None
    if not isinstance(exact, (int, float)) or isinstance(exact, bool):
        return []
    found = {float(f"{exact:.{digits}g}") for digits in TRIED} | {float(round(exact))}
    whole = dict(question.right)
    return sorted(
        number
        for number in found
        if is_rounded(number, exact, whole=True)
        and question.judge({**whole, line: number}).right
        and not close(number, exact, question.tolerance)
    )


def agrees_with_catalogue(form: dict[str, Any], question: Question) -> bool:
    """Whether the table gives the catalogue's replies to the answers that are expected."""
    answers = [question.right, *(wrong.answer for wrong in question.wrong)]
    if isinstance(question.right, Mapping):
        mixed = [
            {**question.right, line: wrong.answer[line]}
            for wrong in question.wrong
            for line in question.right
        ]
        answers += mixed
    return all(fields_reply(form, one) == verdict_of(question, one) for one in answers)


def verdict_of(question: Question, answer: Any) -> dict[str, Any]:
    """What the catalogue replies to an answer, as JSON."""
    verdict = question.judge(answer)
    return {"right": verdict.right, "words": verdict.words}


def fields_reply(form: dict[str, Any], answer: Any) -> dict[str, Any]:
    """What `quiz.js` replies to an answer.

    Args:
        form: As `fields_form` returns it.
        answer: A mapping with all lines, or a row of numbers.
    """
    is_table = isinstance(answer, Mapping)
    values = [answer[line] for line in form["lines"]] if is_table else [answer]
    given = [list(one) if isinstance(one, (list, tuple)) else [one] for one in values]
    given = [
        right if len(one) == 1 and any(close(one[0], r, 1e-12) for r in rounded_) else one
        for one, right, rounded_ in zip(given, form["right"], form["rounded"])
    ]
    matches = [same(one, right, form["tolerance"]) for one, right in zip(given, form["right"])]
    if all(matches):
        return {"right": True, "words": form["yes"]}
    for tolerance in form["tolerances"]:
        for mistake in form["mistakes"]:
            pairs = zip(given, mistake["numbers"])
            if all(same(one, numbers, tolerance) for one, numbers in pairs):
                return {"right": False, "words": mistake["words"]}
    if not is_table:
        words = f"not yet. Yours is {shown(answer)}. {form['otherwise']}"
        return {"right": False, "words": words.strip()}
    right = [repr(line) for line, match in zip(form["lines"], matches) if match]
    wrong = [
        f"{line!r}: {shown(value)}"
        for line, value, match in zip(form["lines"], values, matches)
        if not match
    ]
    which = f"Right: {', '.join(right)}. " if right else ""
    words = f"not yet. {which}Not right: {', '.join(wrong)}. {form['otherwise']}"
    return {"right": False, "words": words.strip()}


def same(one: Numbers, other: Numbers, tolerance: float) -> bool:
    """Whether two rows have the same numbers."""
    return len(one) == len(other) and all(close(a, b, tolerance) for a, b in zip(one, other))
