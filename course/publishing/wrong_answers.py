"""The teacher's page `course/pages/wrong_answers.md`, made from the catalogue: each question, the
wrong answers to expect, the belief behind each, and what the reader is told.

    python -m course.publishing.wrong_answers     write it again; `make notebooks` does, too

A wrong answer that is a function is shown as the catalogue's own source has it.
The text of the questions is in the lessons.
"""

import ast
import sys
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

from course.catalogue import QUESTIONS
from course.exercises.questions import Question
from course.syllabus.lesson_table import COURSE, Lesson, written_lessons

PAGE = COURSE / "pages" / "wrong_answers.md"
HEAD = """\
# Wrong answers to expect

<!-- Made by `python -m course.publishing.wrong_answers` from course/catalogue/. Edit that. -->

Every question of the course, the answer that passes, and the wrong ones that readers really give.
Each of them comes from somewhere: the middle column says from which belief, the last one what the
reader is told. Where many share a belief, talk about the belief, and leave the answer to them.
[For a teacher](teaching.md) has the rest.
"""
COLUMNS = "| answer | the belief behind it | what the reader is told |\n|---|---|---|\n"


def page() -> str:
    """The whole page, in Markdown."""
    lessons = {lesson.name: lesson for lesson in written_lessons()}
    written = [question for question in QUESTIONS.values() if question.lesson in lessons]
    ordered = sorted(written, key=lambda question: question.lesson)  # stable
    parts = [HEAD]
    for name, questions in groupby(ordered, key=lambda question: question.lesson):
        parts.append(chapter(lessons[name], list(questions)))
    return "\n".join(parts)


def chapter(lesson: Lesson, questions: list[Question]) -> str:
    """One lesson: its heading, then its questions."""
    link = f"../../notebooks/{lesson.notebook.name}"
    sections = [f"## {lesson.number} · {lesson.title}\n\n[The lesson]({link})\n"]
    return "\n".join([*sections, *map(section, questions)])


def section(question: Question) -> str:
    """One question: the answer that passes, and a table of those that do not."""
    praise = question.yes if isinstance(question.yes, str) else question.yes(question.right)
    right = "a function that passes the check" if callable(question.right) else code(question.right)
    rows = [
        f"| {shown} | {cell(wrong.belief)} | {cell(wrong.hint)} |"
        for shown, wrong in zip(answers_of(question), question.wrong)
    ]
    return (
        f"### {question.name}\n\nRight: {right}. {one_line(praise)}\n\n{COLUMNS}"
        + "\n".join(rows)
        + "\n"
    )


def answers_of(question: Question) -> list[str]:
    """Each wrong answer in Markdown."""
    spellings = sources()[question.name]
    return [
        f"`{cell(source)}`" if callable(wrong.answer) else code(wrong.answer)
        for source, wrong in zip(spellings, question.wrong, strict=True)
    ]


def code(answer: Any) -> str:
    """An answer as a reader types it; numbers to four digits."""
    if isinstance(answer, dict):
        return "`{" + ", ".join(f"{k!r}: {number(v)}" for k, v in answer.items()) + "}`"
    if isinstance(answer, (set, frozenset)):
        return "`{" + ", ".join(sorted(map(repr, answer))) + "}`"
    return f"`{cell(number(answer))}`"


def number(answer: Any) -> str:
    """3.295836866004329 -> 3.296; other values as Python writes them."""
    return f"{answer:.4g}" if isinstance(answer, float) else repr(answer)


def cell(text: str) -> str:
    """A text for a cell of a table."""
    return one_line(text).replace("|", "\\|")


def one_line(text: str) -> str:
    return " ".join(text.split())


@cache
def sources() -> dict[str, list[str]]:
    """For each question, the source of its wrong answers, read from the catalogue's files."""
    found = {}
    for file in sorted((COURSE / "catalogue").glob("*.py")):
        source = file.read_text(encoding="utf-8")
        for call in calls(ast.parse(source), "Question", "Exercise"):
            wrongs = calls(next(k.value for k in call.keywords if k.arg == "wrong"), "Wrong")
            found[ast.literal_eval(call.args[0])] = [spelled(w.args[0], source) for w in wrongs]
    return found


def calls(tree: ast.AST, *names: str) -> list[ast.Call]:
    """The calls of these names, in the order of the source."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names
    ]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


def spelled(node: ast.expr, source: str) -> str:
    """The source of an expression in one line; of a lambda its body."""
    shown = node.body if isinstance(node, ast.Lambda) else node
    return one_line(ast.get_source_segment(source, shown) or "")


def main(target: Path = PAGE) -> int:
    target.parent.mkdir(exist_ok=True)
    target.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
