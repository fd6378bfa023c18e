"""`guess` before something is explained, `check` after something was done: both answer at once.

What was answered is noted in a file of the reader's own (`course/kept.py`), and sent nowhere.

They look at the reader's own object, never at ours. Left as it stands (`...`), a cell prints one
constant line, so that an unsolved notebook still runs from top to bottom.
"""

from difflib import get_close_matches

from course.catalogue import QUESTIONS
from course.kept import keep
from course.numbers import NotDoneYet
from course.questions import Question


def guess(question: str, answer=...) -> None:
    """Say what you think; each likely wrong guess has its own reply.

    Example: guess("L grows by", 0.003)
    """
    found = find(question)
    try:
        verdict = found.judge(... if answer is None else answer)
    except NotDoneYet:
        print(f"{question}? Put your guess in place of the dots and run this cell again.")
        return
    print(verdict.words)
    keep(found, answer, verdict)


def check(exercise: str, answer=...) -> None:
    """Look at what you made; each likely mistake has its own hint.

    Example: check("tanh", tanh)
    """
    found = find(exercise)
    try:
        verdict = found.judge(answer)
    except NotDoneYet:
        print(f"{exercise}: not done yet")
        return
    print(f"{exercise}: {verdict.words}")
    keep(found, answer, verdict)


def find(name: str) -> Question:
    """Raises: ValueError with the nearest name for a question that there is not."""
    if name in QUESTIONS:
        return QUESTIONS[name]
    near = get_close_matches(name, QUESTIONS, 1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"There is no question {name!r}.{guess}")
