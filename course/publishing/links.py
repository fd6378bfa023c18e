"""Rewrite every link that launches a lesson, from the address of the project.

    make links                    from `[project.urls]` in pyproject.toml
    make links REPO=owner/name    ... which is changed first

Notebooks get a new header, launch cell and links, and keep their outputs. Nothing is executed,
because no output depends on these cells.
"""

import os
import re
import sys

import nbformat

from course.publishing.build import README, cells_of, with_lesson_table
from course.syllabus.lesson_table import Lesson, launch_links, written_lessons
from course.syllabus.repository import PYPROJECT, Repository, our_repository
from gptcore.files import write_text

CITATION = PYPROJECT.with_name("CITATION.cff")
URLS = re.compile(r"(\[project\.urls\][^\n]*\n)(.*?)(?=\n\[)", re.DOTALL)
MARKS = "<!-- links: made by `make links` -->", "<!-- end of links -->"


def with_urls(pyproject: str, repository: Repository) -> str:
    """pyproject.toml with the addresses of this repository."""
    lines = [f'"{label}" = "{url}"\n' for label, url in repository.urls().items()]
    table = re.sub(r'^"(\w+)"', r"\1", "".join(lines), flags=re.MULTILINE)  # quotes where needed
    return URLS.sub(lambda found: found[1] + table, pyproject, count=1)


def with_address(citation: str, repository: Repository) -> str:
    """CITATION.cff with the address of this repository."""
    line = f'repository-code: "{repository.address}"'
    return re.sub(r"(?m)^repository-code: .*$", lambda _: line, citation)


def with_links(readme: str) -> str:
    """The README with its links to lesson 0 and to each lesson."""
    begin, end = MARKS
    first = launch_links(written_lessons()[0].name)
    part = f"{begin}\nWithout installing anything: {first}.\n{end}"
    marked = f"{re.escape(begin)}.*?{re.escape(end)}"
    return with_lesson_table(re.sub(marked, lambda _: part, readme, flags=re.DOTALL))


def with_outputs_of(old: nbformat.NotebookNode, lesson: Lesson) -> nbformat.NotebookNode:
    """The notebook as it would be built now, with its stored outputs.

    Raises: ValueError if the code of the lesson has changed, so that outputs may differ.
    """
    new = cells_of(lesson)
    new.metadata = old.metadata
    launch, *code = [cell for cell in new.cells if cell.cell_type == "code"]
    had = [cell for cell in old.cells if cell.cell_type == "code" and not is_launch(cell)]
    if [cell.source for cell in had] != [cell.source for cell in code]:
        raise ValueError(
            f"{lesson.notebook.name} was made from other code than {lesson.source.name} has now, "
            f"so its outputs cannot be kept. Build it: make notebooks NAMES={lesson.name[:2]}"
        )
    launch.execution_count = count = 1  # outside Colab it prints nothing
    for cell, before in zip(code, had):
        cell.outputs = before.outputs
        if before.execution_count is not None:
            count += 1
            for numbered in (cell, *(o for o in cell.outputs if "execution_count" in o)):
                numbered.execution_count = count
    return new


def is_launch(cell: nbformat.NotebookNode) -> bool:
    return "launch" in cell.metadata.get("tags", [])


def write_links(lesson: Lesson) -> None:
    """Write one notebook and keep its time stamp, which `make notebooks` compares."""
    age = lesson.notebook.stat()
    notebook = with_outputs_of(nbformat.read(lesson.notebook, as_version=4), lesson)
    write_text(lesson.notebook, nbformat.writes(notebook) + "\n")
    os.utime(lesson.notebook, ns=(age.st_atime_ns, age.st_mtime_ns))


def main(arguments: list[str] | None = None) -> int:
    given = sys.argv[1:] if arguments is None else arguments
    try:
        repository = Repository(" ".join(given)) if given else our_repository()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    write_text(PYPROJECT, with_urls(PYPROJECT.read_text(encoding="utf-8"), repository))
    write_text(CITATION, with_address(CITATION.read_text(encoding="utf-8"), repository))
    write_text(README, with_links(README.read_text(encoding="utf-8")))
    old = []
    for lesson in written_lessons():
        try:
            write_links(lesson)
        except (ValueError, FileNotFoundError) as error:  # the others are still written
            old.append(str(error))
    written = "pyproject.toml, README.md, CITATION.cff and the notebooks"
    print(f"{written} lead to {repository.address} now.")
    print("\n".join(old), end="\n" if old else "", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
