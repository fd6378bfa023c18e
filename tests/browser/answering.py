"""An answer in place of a question's dots: the cell as a reader would have written it."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import nbformat

from course.catalogue import QUESTIONS
from course.exercises.questions import Question
from course.needs import missing
from course.syllabus.lesson_table import Lesson

ASKED = ("guess", "check")


def questions_of(lesson: Lesson) -> Iterator[tuple[str, str, Question]]:
    """(id of the cell, its source, question), for each that can be asked on this machine."""
    for cell in nbformat.read(lesson.notebook, as_version=4).cells:
        if cell.cell_type == "code" and not missing(cell.metadata.get("tags", [])):
            for call in calls_in(ast.parse(cell.source)):
                yield cell.id, cell.source, QUESTIONS[call.args[0].value]


def calls_in(tree: ast.Module) -> list[ast.Call]:
    """Each guess("...", ...) and check("...", ...)."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ASKED]


def solved(source: str, question: Question) -> str:
    """The right answer: a number, or the source of a function in course/solutions/."""
    answer = question.right
    if not callable(answer):
        return written(source, question.name, repr(answer))
    solutions = Path(inspect.getsourcefile(answer)).read_text(encoding="utf-8")
    return written(source, question.name, answer.__name__, solutions)


def mistaken(source: str, question: Question) -> str:
    """With the first of the foreseen wrong answers; a function is fetched from the catalogue."""
    answer = question.wrong[0].answer
    if not callable(answer):
        return written(source, question.name, repr(answer))
    wrong = f"QUESTIONS[{question.name!r}].wrong[0].answer"
    return written(source, question.name, wrong, "from course.catalogue import QUESTIONS")


def written(source: str, name: str, answer: str, before: str = "") -> str:
    """The cell with an expression where the dots were; `before` are lines that it needs."""
    tree = ast.parse(source)
    (call,) = [call for call in calls_in(tree) if call.args[0].value == name]
    stub = call.args[1]
    if isinstance(stub, ast.Name):  # made further up, by a function or an assignment
        (place,) = [i for i, line in enumerate(tree.body) if makes(line) == stub.id]
        tree.body[place : place + 1] = ast.parse(f"{before}\n{stub.id} = {answer}").body
    else:
        call.args[1] = ast.parse(answer, mode="eval").body
    return ast.unparse(tree)


def makes(statement: ast.stmt) -> str | None:
    """The name that a statement gives to what it makes."""
    if isinstance(statement, ast.FunctionDef):
        return statement.name
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        return statement.targets[0].id
    return None
