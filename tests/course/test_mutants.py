"""Every check rejects the solution with one small mistake in it.

What a mutant computes is found out a second way, on inputs that no check has
(`tests/course/wide_inputs.py`). One that computes something else must be rejected, and if it gets
a hint,
the mistake that the hint names must compute the same as the mutant, on those inputs too. The few
that are accepted stand in `tests/course/equivalent_mutants.py`, each with a proof.
"""

import importlib
from functools import cache
from types import ModuleType

import pytest
from equivalent_mutants import EQUIVALENT
from mutants import Mutant, mutants
from wide_inputs import HOLDS, SPECIFIED, WIDE, computed

import course.exercises.exercises
from course.catalogue import QUESTIONS
from course.exercises.exercises import Exercise
from course.exercises.numbers import UnansweredError, difference
from course.exercises.questions import Question, Verdict
from course.exercises.time_limit import TimeLimitError, time_limit
from course.syllabus.lesson_table import COURSE

pytestmark = pytest.mark.slow

MODULES = sorted(file.stem for file in (COURSE / "solutions").glob("lesson_*.py"))
USED_BY = {"softmax": ("weights_of", "masked"), "pieces": ("similarity",), "join": ("encode",)}
LOOPS = ("join", "encode", "keep_going")  # whose mutants may never end; their calls take a moment


def solved_in(module: ModuleType) -> dict[str, Question]:
    """The questions that are solved in a module, by the name of the solution there."""
    by_name = {}
    for question in QUESTIONS.values():
        own = isinstance(question.right, (dict, set)) or callable(question.right)
        for name, value in vars(module).items():
            if (own and value is question.right) or (name == "choices" and value == question.right):
                by_name[name] = question
    return by_name


@cache
def mutants_of(module: str) -> list[Mutant]:
    source = (COURSE / "solutions" / f"{module}.py").read_text(encoding="utf-8")
    return list(mutants(source))


def pairs() -> list[tuple[str, str]]:
    """(module, name of the solution), for each that a question asks for."""
    found = []
    for module in MODULES:
        solved = solved_in(importlib.import_module(f"course.solutions.{module}"))
        found += [(module, name) for name in solved]
    return found


def concern(mutant: Mutant, name: str, question: Question) -> bool:
    """Whether the change may change this solution."""
    if mutant.place == name or question.name in USED_BY.get(mutant.place, ()):
        return True
    return not isinstance(question, Exercise) and mutant.place.isupper()


def ran(mutant: Mutant, name: str):
    """What the mutant has under the name; None where its module cannot even be run."""
    space: dict = {}
    try:
        with time_limit(5):
            exec(compile(mutant.source, "<mutant>", "exec"), space)
    except Exception:
        return None
    return space.get(name)


def computes_the_same(question: Question, answer) -> bool:
    if not isinstance(question, Exercise):
        return answer == question.right
    try:
        with time_limit(course.exercises.exercises.SECONDS):
            if question.name in SPECIFIED:
                return SPECIFIED[question.name](answer)
            return difference(computed(question.name, answer), wanted(question.name), 1e-9) is None
    except (TimeLimitError, Exception):
        return False


@cache
def wanted(name: str) -> list:
    return computed(name, QUESTIONS[name].right)


def is_true(question: Question, answer, verdict: Verdict) -> bool:
    """Whether a hint speaks of this very function: its mistake computes the same, or what it says
    was found to hold, where it is given to many.
    """
    mistake = verdict.mistake
    if mistake is None or not isinstance(question, Exercise):
        return True
    if (question.name, mistake.belief) in HOLDS:
        return HOLDS[question.name, mistake.belief](answer)
    own = computed(question.name, mistake.answer)
    return difference(computed(question.name, answer), own, 1e-9) is None


def judged(question: Question, answer) -> Verdict:
    try:
        return question.judge(answer)
    except UnansweredError:
        return Verdict(False, "not done yet")


@pytest.mark.parametrize(("module", "name"), pairs(), ids=lambda part: part)
def test_every_mutant_is_rejected_with_true_words_or_proved_equivalent(module, name, monkeypatch):
    question = solved_in(importlib.import_module(f"course.solutions.{module}"))[name]
    monkeypatch.setattr(
        course.exercises.exercises, "SECONDS", 0.25 if question.name in LOOPS else 2.0
    )
    accepted, made = set(), 0
    for mutant in mutants_of(module):
        if not concern(mutant, name, question) or (answer := ran(mutant, name)) is None:
            continue
        if mutant.place != name and not callable(answer) and answer == question.right:
            continue  # a number of another solution
        made += 1
        verdict = judged(question, answer)
        if verdict.right:
            accepted.add(mutant.change)
        elif computes_the_same(question, answer) and isinstance(question, Exercise):
            raise AssertionError(f"right, and rejected: {mutant.change}: {verdict.words}")
        assert is_true(question, answer, verdict), f"{mutant.change} is told: {verdict.words}"
    assert made
    proved = {
        change for _, what, changes in EQUIVALENT if what == question.name for change in changes
    }
    assert accepted == proved


@pytest.mark.parametrize(
    ("name", "answer"),
    [(name, wrong.answer) for name in WIDE for wrong in QUESTIONS[name].wrong],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_the_catalogue_calls_wrong_computes_something_else(name, answer):
    assert not computes_the_same(QUESTIONS[name], answer)


def test_the_mutator_makes_the_mistakes_that_it_promises():
    source = (
        "def f(a, b):\n    c = a - b\n    if a < b:\n        c += 1\n    return c[a:b], max(a, b)\n"
    )
    changes = {mutant.change for mutant in mutants(source)}
    assert {
        "a - b  ->  a + b",  # another operator
        "a - b  ->  b - a",  # operands swapped
        "a - b  ->  -(a - b)",  # the sign
        "1  ->  2",  # a constant by one
        "a < b  ->  a <= b",  # off by one
        "a:b  ->  a:b + 1",
        "a < b  ->  not a < b",
        "c += 1  ->  (left out)",  # a missing step
        "a  ->  c",  # the wrong variable
        "max(a, b)  ->  max(b, a)",  # arguments swapped
        "max(a, b)  ->  min(a, b)",
        "(c[a:b], max(a, b))  ->  (max(a, b), c[a:b])",
    } <= changes
