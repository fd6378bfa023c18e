"""An exercise whose answer is a function: it is called, and its results are compared.

A hint is given only if the mistake that it names gives the same results as the reader's function,
for every input. Otherwise the reader sees input, expected and received.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from course.exercises.numbers import InvalidAnswerError, UnansweredError, difference, done, plain
from course.exercises.questions import Question, Verdict, Wrong, readers_line
from course.exercises.shown import both, shown, written
from course.exercises.time_limit import TimeLimitError, time_limit

SECONDS = 5.0  # for all calls together; a right answer takes far less than one second
SAME = 1e-9  # relative difference of two equal outcomes


@dataclass(frozen=True)
class Case:
    """One call of the reader's function: as text, and as a function.

    `rule` is for calls with more than one right result; it returns what is wrong, "" if nothing is.
    Without it the result must be that of our solution. `shows` is the part that the reader sees.
    """

    shown: str
    call: Callable[[Callable], Any]
    rule: Callable[[Any], str] | None = None
    shows: Callable[[Any], Any] = lambda given: given


@dataclass(frozen=True)
class Raised:
    """The outcome of a call that raised an error; two errors of the same type are equal."""

    kind: str
    words: str
    line: str = ""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Raised) and self.kind == other.kind


def case(name: str, *arguments, rule: Callable[[Any], str] | None = None) -> Case:
    """A call with these arguments, which are copied for each answer.

    Example: case("token_loss", 0.5).shown -> "token_loss(0.5)"
    """
    listed = ", ".join(written(argument, 6) for argument in arguments)
    return Case(f"{name}({listed})", lambda function: function(*deepcopy(arguments)), rule)


@dataclass(frozen=True)
class Exercise(Question):
    """A question whose answer is a function; `right` passes. Each case calls it."""

    cases: tuple[Case, ...] = ()

    def judge(self, answer) -> Verdict:
        """Whether the function is right, and a hint if it is not. Raises UnansweredError."""
        if not callable(done(answer)):
            return Verdict(False, f"not yet. The answer is a function, not {shown(answer)}.")
        expected = self.expected  # before the time limit starts, because it may import
        try:
            with time_limit(SECONDS):
                outcomes = outcomes_of(answer, self.cases)
        except TimeLimitError as error:
            return Verdict(False, f"not yet. {STOPPED}{readers_line(error)}")
        faults = [self.fault(*case) for case in zip(self.cases, outcomes, expected)]
        if not any(faults):
            return Verdict(True, f"yes. {self.praise(answer)}")
        if wrong := self.mistake(outcomes):
            return Verdict(False, f"not yet. {wrong.hint}", wrong)
        return Verdict(False, f"not yet. {next(filter(None, faults))}{self.more(answer)}")

    @cached_property
    def expected(self) -> list:
        """The outcome of each case with our solution."""
        return outcomes_of(self.right, self.cases)

    @cached_property
    def mistaken(self) -> list[list]:
        """The outcome of each case with each expected mistake."""
        return [outcomes_of(wrong.answer, self.cases) for wrong in self.wrong]

    def mistake(self, outcomes: list) -> Wrong | None:
        """The expected mistake with the same outcomes as the reader's function."""
        for wrong, own in zip(self.wrong, self.mistaken):
            # An outcome may be of any type; one that `fits` cannot read does not fit.
            with suppress(TypeError, ValueError, LookupError, AttributeError):
                if wrong.fits(outcomes) if wrong.fits else difference(outcomes, own, SAME) is None:
                    return wrong
        return None

    def fault(self, case: Case, given, right) -> str:
        """What is wrong with the outcome of one case, for the reader; "" if it is right."""
        if isinstance(given, Raised):
            return f"{given.words}\n    input:    {case.shown}{given.line}"
        if case.rule:
            expected, received, where = case.rule(given), shown(case.shows(given)), None
            if not expected:
                return ""
        else:
            where = difference(given, right, self.tolerance)
            if where is None:
                return ""
            expected, received = both(right, given)
        return (
            f"The result differs{f' from {where} on' if where else ''}:\n"
            f"    input:    {case.shown}\n    expected: {expected}\n    received: {received}"
        )

    def more(self, answer) -> str:
        reply = self.otherwise if isinstance(self.otherwise, str) else self.otherwise(answer)
        return f"\n{reply}" if reply else ""


def like_any(cases: Sequence[Case], *answers: Callable) -> Callable[[list], bool]:
    """Whether one of several functions gives these outcomes: one belief, several programs.

    Example: Wrong(first, "...", "...", fits=like_any(CASES, first, second))
    """

    def fits(outcomes: list) -> bool:
        made = (outcomes_of(answer, cases) for answer in answers)
        return any(difference(outcomes, one, SAME) is None for one in made)

    return fits


STOPPED = (
    f"After {SECONDS:.0f} seconds your function had not come to an end, so it was stopped. Does "
    "everything that its loop waits for change in the loop?"
)


def outcomes_of(function: Callable, cases: Sequence[Case]) -> list:
    """The outcome of each call. Raises: UnansweredError for a stub."""
    return [outcome(case, function) for case in cases]


def outcome(case: Case, function: Callable) -> Any:
    """The outcome of a call, in lists and numbers. Raises: UnansweredError for a stub."""
    try:
        return plain(case.call(function))
    except UnansweredError:
        raise
    except InvalidAnswerError as error:
        return Raised(str(error), str(error), readers_line(error))
    except Exception as error:  # every error of the reader's code is an outcome
        kind = type(error).__name__
        return Raised(kind, f"{kind}: {error}", readers_line(error))
