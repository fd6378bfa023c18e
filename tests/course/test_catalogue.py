"""Each check is held to its word: on the stub, the solution, and every likely wrong answer."""

import linecache
import subprocess
import sys
from pathlib import Path

import pytest

from course import check, guess, same
from course.catalogue import QUESTIONS
from course.exercises.numbers import UnansweredError
from course.exercises.questions import letter_of
from course.syllabus.lesson_table import written_lessons
from gptcore.scalar import Value

every_question = pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
every_wrong = pytest.mark.parametrize(
    ("question", "wrong"),
    [(question, wrong) for question in QUESTIONS.values() for wrong in question.wrong],
    ids=lambda part: getattr(part, "name", None) or getattr(part, "belief", None),
)


@every_question
def test_the_stub_gets_one_constant_line(question, capsys):
    guess(question.name, ...)
    check(question.name, ...)
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"{question.name}? Put your guess in place of the dots and run this cell again."
    assert second == f"{question.name}: not done yet"


def test_a_number_with_commas_gets_a_reply_and_no_error(capsys):
    name = "16777216 + 1 in float32"
    guess(name, 16, 777, 216)  # what Python makes of 16,777,216
    assert "A number has no commas" in capsys.readouterr().out
    guess(name, "16,777,216")
    assert capsys.readouterr().out.startswith("yes. ")


def test_a_function_whose_body_is_still_dots_is_not_done(capsys):
    def tanh(x):
        return ...

    check("tanh", tanh)
    assert capsys.readouterr().out == "tanh: not done yet\n"


def test_dots_anywhere_in_an_answer_mean_that_it_is_not_done(capsys):
    check("gradients", {"L": 1, "v": ..., "u": 2, "three": 4, "x": 16})
    assert capsys.readouterr().out == "gradients: not done yet\n"


@every_question
def test_the_solution_passes(question):
    praise = question.yes if isinstance(question.yes, str) else question.yes(question.right)
    assert question.reply(question.right) == f"yes. {praise}"


@every_wrong
def test_each_wrong_answer_gets_its_own_hint(question, wrong):
    assert question.reply(wrong.answer) == f"not yet. {wrong.hint}"
    assert wrong.belief
    others = [other.hint for other in question.wrong if other is not wrong]
    assert wrong.hint not in others or question.name == "right_orders"


@every_question
def test_something_else_gets_an_answer_too(question):
    reply = question.reply("no answer at all" if not callable(question.right) else lambda *a: -77.7)
    assert reply.startswith("not yet")
    assert len(reply) > len("not yet. ")


def test_the_right_orders_are_those_that_give_the_gradients():
    """The answer key of lesson 3 is held against the engine, order by order."""
    orders = {"A": "abcdL", "B": "Ldcab", "C": "Lcdab", "D": "Ldcba"}
    source = next(lesson.source for lesson in written_lessons() if lesson.number == 3)
    right = set()
    for letter, order in orders.items():
        assert f"**{letter}** `{' '.join(order)}`" in source.read_text(encoding="utf-8")
        a, b = Value(2.0), Value(3.0)
        nodes = {"a": a, "b": b, "c": a * b}
        nodes["d"] = nodes["c"] + a
        nodes["L"] = nodes["d"] * nodes["c"]
        nodes["L"].grad = 1.0
        for name in order:
            for parent, grad in zip(nodes[name].parents, nodes[name].local_grads):
                parent.grad += grad * nodes[name].grad
        # L = (ab + a) ab, so dL/da = 2ab^2 + 2ab and dL/db = 2a^2 b + a^2: with 2 and 3, 48 and 28
        if (a.grad, b.grad) == (48.0, 28.0):
            right.add(letter)
    assert right == QUESTIONS["right_orders"].right


def test_an_error_in_the_readers_code_is_told_with_their_line_and_not_with_ours():
    source = "def tanh(x):\n    half = x.data / 0\n    return half\n"
    linecache.cache["<cell 7>"] = (len(source), None, source.splitlines(True), "<cell 7>")
    cell = {}
    exec(compile(source, "<cell 7>", "exec"), cell)
    reply = QUESTIONS["tanh"].reply(cell["tanh"])
    assert "ZeroDivisionError" in reply
    assert reply.endswith("\n    in your line: half = x.data / 0")
    deeper = "def tanh(x):\n    return (x - 9).log()\n"
    linecache.cache["<cell 8>"] = (len(deeper), None, deeper.splitlines(True), "<cell 8>")
    exec(compile(deeper, "<cell 8>", "exec"), cell)
    reply = QUESTIONS["tanh"].reply(cell["tanh"])
    assert "a logarithm needs a number above 0" in reply
    assert reply.endswith("in your line: return (x - 9).log()")


def test_the_readers_own_error_is_told_not_raised():
    assert "ZeroDivisionError" in QUESTIONS["tanh"].reply(lambda x: 1 / 0)
    assert "is there a `return`" in QUESTIONS["count_known"].reply(lambda invented, known: None)


def test_every_question_belongs_to_a_lesson_and_is_asked_there():
    sources = {
        lesson.name: lesson.source.read_text(encoding="utf-8") for lesson in written_lessons()
    }
    for question in QUESTIONS.values():
        assert f'"{question.name}"' in sources[question.lesson], question.name


def test_a_misspelt_question_names_the_nearest():
    with pytest.raises(ValueError, match=r"There is no question 'tanhh'\. Did you mean 'tanh'\?"):
        check("tanhh", ...)


def test_same_says_how_close_and_refuses_what_differs(capsys):
    same([1.0, 2.0], [1.0, 2.0 + 1e-9], within=1e-6)
    same(3, 3, within=0)
    assert capsys.readouterr().out == "same within 1e-06\nsame, to the last digit\n"
    with pytest.raises(AssertionError, match=r"number 1 is 2\.0 on one side, 2\.1 on"):
        same([1.0, 2.0], [1.0, 2.1], within=0.01)
    with pytest.raises(AssertionError, match="2 numbers on one side, 1 on the other"):
        same([1.0, 2.0], [1.0], within=1)
    with pytest.raises(AssertionError, match="nan"):
        same(float("nan"), 1.0, within=1)


def test_a_stub_is_no_answer():
    with pytest.raises(UnansweredError):
        QUESTIONS["tanh"].reply(...)


def test_the_catalogue_of_all_lessons_loads_no_pytorch():
    code = "import sys; from course.catalogue import QUESTIONS as q; assert q; "
    code += "assert 'torch' not in sys.modules"
    root = Path(__file__).resolve().parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root)


def test_only_a_letter_in_front_of_an_answer_is_a_letter():
    assert [letter_of(a) for a in ("B", "b) a little", "C: worse", "A.")] == ["B", "B", "C", "A"]
    assert [letter_of(a) for a in ("both", "all", 3)] == ["both", "all", 3]
