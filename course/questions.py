"""A question of the course, its answer, and the wrong answers that readers really give.

One catalogue (`course/catalogue/`) holds them all. From it come the guesses and checks in the
lessons, the tests that hold them to their word, and what a teacher wants to know beforehand.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isclose, isfinite
from typing import Any

from course.numbers import NotDoneYet, done, flat

CLOSE_ENOUGH = 0.01  # a guess of 3.3 is right where the answer is 3.296


@dataclass(frozen=True)
class Wrong:
    """A wrong answer as a reader would give it, what is believed by one who gives it, and what
    helps.
    """

    answer: Any
    belief: str
    hint: str


@dataclass(frozen=True)
class Question:
    """`measure` turns an answer (a number, a list, a function) into the numbers by which it is
    judged.
    """

    name: str
    lesson: str
    right: Any
    yes: str
    wrong: tuple[Wrong, ...]
    measure: Callable[[Any], Any] = lambda answer: answer
    otherwise: str = ""
    tolerance: float = CLOSE_ENOUGH

    def reply(self, answer) -> str:
        """What the reader is told. Raises NotDoneYet for a stub."""
        try:
            given = flat(self.measure(done(answer)))
        except NotDoneYet:
            raise
        except Exception as error:  # whatever the reader's own code raises is an answer too
            return f"not yet: {type(error).__name__}: {error}"
        if self.agrees(given, self.right):
            return f"yes. {self.yes}"
        for wrong in self.wrong:
            if self.agrees(given, wrong.answer):
                return f"not yet. {wrong.hint}"
        shown = ", ".join(f"{number:.4g}" for number in given[:6])
        return (
            f"not yet. {self.otherwise or f'Yours comes to {shown}, and that is something else.'}"
        )

    def agrees(self, given: list[float], answer) -> bool:
        wanted = flat(self.measure(answer))
        return len(given) == len(wanted) and all(
            isclose(g, w, rel_tol=self.tolerance, abs_tol=1e-9) if isfinite(w) else str(g) == str(w)
            for g, w in zip(given, wanted)
        )
