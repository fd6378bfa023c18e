"""`guess` before something is explained, `check` after something was done: both answer at once.

What was answered is noted in a file of the reader's own (`course/record/kept.py`), and sent
nowhere.

They look at the reader's own object, never at ours. Left as it stands (`...`), a cell prints one
constant line, so that an unsolved notebook still runs from top to bottom.
"""

from course.catalogue import QUESTIONS
from course.exercises.brief import AnswerInterruptedError, UnknownQuestionError
from course.exercises.numbers import UnansweredError
from course.exercises.questions import Question
from course.record.kept import keep
from gptcore.checks import did_you_mean

STUB_OF_A_GUESS = "? Put your guess in place of the dots and run this cell again."


def guess(question: str, answer=...) -> None:
    """Say what you think; each likely wrong guess has its own reply.

    Example: guess("L grows by", 0.003)
    """
    answer_to(question, ... if answer is None else answer, "", STUB_OF_A_GUESS)


def check(exercise: str, answer=...) -> None:
    """Look at what you made; each likely mistake has its own hint.

    Example: check("tanh", tanh)
    """
    answer_to(exercise, answer, f"{exercise}: ", ": not done yet")


def answer_to(name: str, answer, before: str, of_a_stub: str) -> None:
    """Print what is to be said, and keep it. An interruption is passed on in one line."""
    question = find(name)
    try:
        verdict = question.judge(answer)
    except UnansweredError:
        print(f"{name}{of_a_stub}")
        return
    except KeyboardInterrupt:
        raise AnswerInterruptedError(f"{name}: interrupted while your answer ran") from None
    print(f"{before}{verdict.words}")
    keep(question, answer, verdict)


def find(name: str) -> Question:
    """Raises: ValueError with the nearest name for a question that there is not."""
    if name in QUESTIONS:
        return QUESTIONS[name]
    raise UnknownQuestionError(f"There is no question {name!r}.{did_you_mean(name, QUESTIONS)}")
