"""`guess` asks for a prediction, `check` tests an exercise; both reply at once.

Answers are recorded in a file on the reader's machine (`course/record/kept.py`), and sent nowhere.

Both test the reader's own object. A cell that still has its dots (`...`) prints one constant line,
so an unsolved notebook runs from top to bottom.
"""

from course.catalogue import QUESTIONS
from course.exercises.brief import AnswerInterruptedError, UnknownQuestionError
from course.exercises.numbers import UnansweredError
from course.exercises.questions import Question
from course.record.kept import keep
from gptcore.checks import did_you_mean

STUB_OF_A_GUESS = "? Put your guess in place of the dots and run this cell again."
STUB_OF_A_CHECK = ": not done yet"


SEVERAL_ANSWERS = (
    "not yet. Those are several answers. A number has no commas: 1000 or 1_000. Several numbers go "
    "into a list: [1, 2]."
)


def guess(question: str, answer=..., *more) -> None:
    """Reply to a guess; each likely wrong guess has its own hint.

    Example: guess("L grows by", 0.003)
    """
    if more:  # 16,777,216 is three numbers in Python
        print(SEVERAL_ANSWERS)
        return
    answer_to(question, ... if answer is None else answer, "", STUB_OF_A_GUESS)


def check(exercise: str, answer=...) -> None:
    """Test a solution; each likely mistake has its own hint.

    Example: check("tanh", tanh)
    """
    answer_to(exercise, answer, f"{exercise}: ", STUB_OF_A_CHECK)


def answer_to(name: str, answer, before: str, of_a_stub: str) -> None:
    """Print the reply, and record the answer. An interruption becomes an error of one line."""
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
    """Raises: ValueError for an unknown question, with the nearest name."""
    if name in QUESTIONS:
        return QUESTIONS[name]
    raise UnknownQuestionError(f"There is no question {name!r}.{did_you_mean(name, QUESTIONS)}")
