"""A question of the course, its answer, and the wrong answers that readers really give.

One catalogue (`course/catalogue/`) holds them all. From it come the guesses and checks of the
lessons, the tests that hold them to their word, and what a teacher wants to know beforehand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from traceback import extract_tb
from typing import Any

from course.numbers import NotDoneYet, done, flat

OURS = [Path(__file__).resolve().parents[1] / name for name in ("course", "gptcore", "viz")]
CLOSE = 0.01  # a guess of 3.3 is right where the answer is 3.296


@dataclass(frozen=True)
class Wrong:
    """A wrong answer as a reader gives it, the belief behind it, and what helps."""

    answer: Any
    belief: str
    hint: str


@dataclass(frozen=True)
class Verdict:
    """What is said to an answer, and the foreseen mistake that it was, if it was one."""

    right: bool
    words: str
    mistake: Wrong | None = None


@dataclass(frozen=True)
class Question:
    """One question: `right` passes and gets `yes`, each of `wrong` its own hint.

    `measure` turns an answer (a number, a list, a function) into what it is judged by, `measured`
    says what that is. `yes` and `otherwise` may be functions of the answer; `tolerance` is
    relative.
    """

    name: str
    lesson: str
    right: Any
    yes: str | Callable[[Any], str]
    wrong: tuple[Wrong, ...]
    measure: Callable[[Any], Any] = lambda answer: answer
    measured: str = ""
    otherwise: str | Callable[[Any], str] = ""
    tolerance: float = CLOSE

    def reply(self, answer) -> str:
        """What the reader is told. Raises NotDoneYet for a stub."""
        return self.judge(answer).words

    def judge(self, answer) -> Verdict:
        """Whether the answer is right, and what helps if it is not. Raises NotDoneYet."""
        try:
            given = flat(self.measure(done(answer)))
        except NotDoneYet:
            raise
        except Exception as error:  # whatever the reader's own code raises is an answer too
            words = f"not yet: {type(error).__name__}: {error}{readers_line(error)}"
            return Verdict(False, words)
        if self.agrees(given, self.right, self.tolerance):
            praise = self.yes if isinstance(self.yes, str) else self.yes(answer)
            return Verdict(True, f"yes. {praise}")
        for wrong in self.wrong:
            if self.agrees(given, wrong.answer, min(CLOSE, self.tolerance)):
                return Verdict(False, f"not yet. {wrong.hint}", wrong)
        return Verdict(False, f"not yet. {self.advice(answer, given)}")

    def agrees(self, given: list[float | str], answer, tolerance: float) -> bool:
        """Whether the answer comes to the same numbers and words."""
        wanted = flat(self.measure(answer))
        return len(given) == len(wanted) and all(
            alike(g, w, tolerance) for g, w in zip(given, wanted)
        )

    def advice(self, answer, given: list[float | str]) -> str:
        """What helps with an answer that nobody has foreseen."""
        if isinstance(answer, Mapping) and isinstance(self.right, Mapping):
            if set(answer) != set(self.right):
                return f"It must have the keys {', '.join(map(repr, self.right))}, and no other."
            keys = [
                key for key in self.right if not alike(answer[key], self.right[key], self.tolerance)
            ]
            numbers = [key for key in keys if isinstance(self.right[key], (int, float))]
            if any(isinstance(answer[key], str) for key in numbers):
                return "Write the numbers without quotes."
            return f"Look again at {' and '.join(map(repr, keys))}."
        if isinstance(self.right, (int, float)) and isinstance(answer, str):
            return "Write the number without quotes."
        if self.measured:
            shown = ", ".join(f"{part:.4g}" if isinstance(part, float) else part for part in given)
            return f"Yours comes to {shown} ({self.measured})."
        told = self.otherwise if isinstance(self.otherwise, str) else self.otherwise(answer)
        return told or "It is something else."


def readers_line(error: Exception) -> str:
    """The last line of the reader's own code on the way to an error; "" if it came from ours."""
    frames = extract_tb(error.__traceback__)
    theirs = [f for f in frames if not any(map(Path(f.filename).is_relative_to, OURS))]
    return f"\n    in your line: {theirs[-1].line}" if theirs and theirs[-1].line else ""


def alike(given, wanted, tolerance: float) -> bool:
    """Words must be equal, numbers nearly so."""
    if not isinstance(given, (int, float)) or not isinstance(wanted, (int, float)):
        return given == wanted
    return isclose(given, wanted, rel_tol=tolerance, abs_tol=1e-9)
