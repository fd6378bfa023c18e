"""A question of the course, its answer, and the wrong answers to expect.

All are in one catalogue (`course/catalogue/`), for the lessons, the tests and the teacher's page.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from traceback import extract_tb
from typing import Any

from course.exercises.numbers import UnansweredError, difference, done, flat, plain
from course.exercises.shown import shown

OURS = [Path(__file__).resolve().parents[2] / name for name in ("course", "gptcore", "viz")]
CLOSE = 0.01  # a guess of 3.3 is right where the answer is 3.296
ROUNDED = 0.05  # at most this far from a known mistake: 1.3 for 1.27


@dataclass(frozen=True)
class Wrong:
    """A wrong answer, the belief behind it, and a hint.

    `fits` recognizes other answers of the same belief, by their outcomes.
    """

    answer: Any
    belief: str
    hint: str
    fits: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class Verdict:
    """The reply to an answer, and the expected mistake, if it was one."""

    right: bool
    words: str
    mistake: Wrong | None = None


@dataclass(frozen=True)
class Question:
    """One question: `right` passes and gets `yes`, each of `wrong` its own hint.

    `measure` turns an answer into what is compared. `yes` and `otherwise` may be functions of the
    answer; `tolerance` is relative. If the answer is a function, use an `Exercise`.
    """

    name: str
    lesson: str
    right: Any
    yes: str | Callable[[Any], str]
    wrong: tuple[Wrong, ...]
    measure: Callable[[Any], Any] = lambda answer: answer
    otherwise: str | Callable[[Any], str] = ""
    tolerance: float = CLOSE

    def reply(self, answer) -> str:
        """The reply to the reader. Raises UnansweredError for a stub."""
        return self.judge(answer).words

    def judge(self, answer) -> Verdict:
        """Whether the answer is right, and a hint if it is not. Raises UnansweredError."""
        try:
            given = flat(self.measure(done(answer)))
        except UnansweredError:
            raise
        except Exception as error:  # an answer of any type gets a reply, not a traceback
            return Verdict(False, f"not yet. Yours is {shown(answer)}. {error}")
        if self.agrees(given, self.right, self.tolerance):
            return Verdict(True, f"yes. {self.praise(answer)}")
        for tolerance in (CLOSE, max(CLOSE, min(self.tolerance, ROUNDED))):
            for wrong in self.wrong:
                if self.made_by(wrong, given, tolerance):
                    return Verdict(False, f"not yet. {wrong.hint}", wrong)
        return Verdict(False, f"not yet. {self.advice(answer)}")

    def praise(self, answer) -> str:
        return self.yes if isinstance(self.yes, str) else self.yes(answer)

    def made_by(self, wrong: Wrong, given: list[float | str], tolerance: float) -> bool:
        """Whether this mistake leads to the given answer."""
        if wrong.fits:
            return wrong.fits(given)
        return self.agrees(given, wrong.answer, tolerance if self.tolerance else 0)

    def agrees(self, given: list[float | str], answer, tolerance: float) -> bool:
        """Whether the answer has the same numbers and words."""
        return difference(given, flat(self.measure(answer)), tolerance) is None

    def advice(self, answer) -> str:
        """A hint for an unexpected answer: its right and its wrong parts, without the solution."""
        reply = self.otherwise if isinstance(self.otherwise, str) else self.otherwise(answer)
        if quotes := needless_quotes(answer, self.right):
            return quotes
        if isinstance(self.right, Mapping):
            return f"{self.by_lines(answer)} {reply}".strip()
        return f"Yours is {shown(plain(answer))}. {reply}".strip()

    def by_lines(self, answer) -> str:
        """Which lines of a table are right, and the values of the others."""
        if not isinstance(answer, Mapping) or set(answer) != set(self.right):
            keys = ", ".join(map(repr, self.right))
            return f"It must have the keys {keys}, and no other; yours is {shown(plain(answer))}."
        mine, ours = (plain(self.measure(table)) for table in (answer, self.right))
        wrong = [
            key for key in ours if difference(mine[key], ours[key], self.tolerance) is not None
        ]
        right = [key for key in ours if key not in wrong]
        which = f"Right: {', '.join(map(repr, right))}. " if right else ""
        return which + f"Not right: {', '.join(f'{key!r}: {shown(answer[key])}' for key in wrong)}."


def letter_of(answer: object) -> object:
    """The letter with which a whole answer begins: "B: a little" is B, and "both" is no letter."""
    if not isinstance(answer, str):
        return answer
    text = answer.strip()
    return text if text[1:2].isalpha() else text[:1].upper()


def needless_quotes(answer, right) -> str:
    """A hint if a number, or True or False, is in quotes; otherwise ""."""
    pairs = [(answer, right)]
    if isinstance(answer, Mapping) and isinstance(right, Mapping):
        pairs = [(answer[key], right[key]) for key in right if key in answer]
    quoted = [wanted for given, wanted in pairs if isinstance(given, str)]
    if any(isinstance(wanted, bool) for wanted in quoted):
        return "Write True and False without quotes."
    numbers = any(isinstance(wanted, (int, float)) for wanted in quoted)
    return "Write the numbers without quotes and without commas, such as 1.5." if numbers else ""


def readers_line(error: BaseException) -> str:
    """The last line of the reader's code in a traceback; "" if there is none."""
    frames = extract_tb(error.__traceback__)
    theirs = [f for f in frames if not any(map(Path(f.filename).is_relative_to, OURS))]
    return f"\n    in your line: {theirs[-1].line}" if theirs and theirs[-1].line else ""
