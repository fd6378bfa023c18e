"""A question with one number: the reply as a function of the number, piece by piece.

The catalogue is free to reply as it likes. So the whole number line is tried: wherever two
neighbours get different replies, the border between them is found by bisection.
"""

from bisect import bisect_left
from math import inf
from typing import Any

from course.exercises.questions import CLOSE, ROUNDED, Question
from course.exercises.shown import shown

GIVEN = "\0"  # where a reply repeats the number
MOST_PIECES = 80
DECADES, PER_DECADE = range(-7, 16), 24
SMALL_INTEGERS = 300
NEAR = (1e-9, 1e-6, 1e-4, 1e-3)  # relative distances on both sides of a number that matters


def number_form(question: Question) -> dict[str, Any] | None:
    """Borders and replies: reply i is for the numbers up to border i; None for too many pieces."""
    numbers = sorted(candidates(question))
    kinds = [template(question, number) for number in numbers]
    pieces: list[tuple[float, tuple[bool, str]]] = []
    for left, right, kind, following in zip(numbers, numbers[1:], kinds, kinds[1:]):
        if kind != following:
            pieces.append((border(question, left, right, kind), kind))
    pieces.append((inf, kinds[-1]))
    if len(pieces) > MOST_PIECES:
        return None
    different = list(dict.fromkeys(kind for _, kind in pieces))
    return {
        "kind": "number",
        "borders": [bound for bound, _ in pieces[:-1]],
        "pieces": [different.index(kind) for _, kind in pieces],
        "replies": [{"right": right, "words": words} for right, words in different],
    }


def number_reply(form: dict[str, Any], number: float) -> dict[str, Any]:
    """What `quiz.js` replies to a number, without the number put in.

    Args:
        form: As `number_form` returns it.
        number: The answer.
    """
    reply: dict[str, Any] = form["replies"][form["pieces"][bisect_left(form["borders"], number)]]
    return reply


def candidates(question: Question) -> set[float]:
    """Numbers to try: all sizes, and the neighbourhood of every number that the catalogue knows."""
    grid = {10 ** (d + i / PER_DECADE) for d in DECADES for i in range(PER_DECADE)}
    known = [question.right, *(wrong.answer for wrong in question.wrong)]
    numbers = [float(one) for one in known if isinstance(one, (int, float))]
    tolerances = {question.tolerance, CLOSE, ROUNDED}
    shifts = [0.0, *NEAR, *(t * part for t in tolerances for part in (0.3, 0.7, 0.99, 1.01, 1.3))]
    near = {n * (1 + sign * shift) for n in numbers for shift in shifts for sign in (1, -1)}
    halves = {n / 2 for n in range(-SMALL_INTEGERS, SMALL_INTEGERS + 1)}
    decimals = {n / 100 for n in range(-200, 201)}
    powers = {float(2**n) for n in range(40)}
    return {0.0, *halves, *decimals, *powers, *grid, *(-n for n in grid), *near}


def template(question: Question, number: float) -> tuple[bool, str]:
    """The verdict on a number, with a mark where its words repeat the number."""
    answer = int(number) if number == int(number) and abs(number) < 1e15 else number
    verdict = question.judge(answer)
    return verdict.right, verdict.words.replace(f"Yours is {shown(answer)}.", f"Yours is {GIVEN}.")


def border(question: Question, left: float, right: float, kind: tuple[bool, str]) -> float:
    """The largest number found between two that still gets the reply of the left one."""
    for _ in range(80):
        middle = (left + right) / 2
        if middle in (left, right):
            break
        if template(question, middle) == kind:
            left = middle
        else:
            right = middle
    return left
