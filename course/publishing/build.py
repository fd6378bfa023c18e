"""course/lessons/NN_name.py -> notebooks/NN_name.ipynb: built, run from top to bottom, stored
with its outputs.

    python -m course.publishing.build
        all lessons whose notebook is older than anything it is
    made from
    python -m course.publishing.build 03 --all     lesson 3 only / all of them

A notebook stores what a reader without a kernel should see: pictures, no widget state, no traceback
with our paths. Then `pytest --nbval notebooks/` runs every cell again and
compares.
"""

import argparse
import os
import re
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm

from course.colab import launch_cell
from course.needs import missing
from course.publishing import wrong_answers
from course.publishing.cost import Cost, cost_of_kernel
from course.record.kept import OFF, VARIABLE
from course.syllabus import pacing
from course.syllabus.lesson_table import COURSE, Lesson, readme_table, written_lessons
from course.syllabus.repository import our_repository
from gptcore.files import atomic_path

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SECONDS_FOR_A_CELL = 300
# Hides the source of a cell: Jupyter's metadata, and Colab's.
LAUNCH = {"tags": ["launch"], "jupyter": {"source_hidden": True}, "cellView": "form"}
README = COURSE.parent / "README.md"
MARKS = "<!-- lessons: made by `make notebooks` -->", "<!-- end of lessons -->"


def cells_of(lesson: Lesson) -> nbformat.NotebookNode:
    """The notebook of a lesson, not run yet: header, launch cell, the source, links."""
    parsed = jupytext.reads(lesson.source.read_text(encoding="utf-8"), fmt="py:percent")
    header = nbformat.v4.new_markdown_cell(lesson.header())
    launch = nbformat.v4.new_code_cell(launch_cell(our_repository()), metadata=LAUNCH)
    notebook = nbformat.v4.new_notebook(cells=[header, launch])
    for cell in parsed.cells:
        make = (
            nbformat.v4.new_code_cell if cell.cell_type == "code" else nbformat.v4.new_markdown_cell
        )
        tags = list(cell.metadata.get("tags", []))
        if any(tag.startswith("needs-") for tag in tags):
            tags.append("raises-exception")  # so that "run all" continues where it is missing
        metadata: dict[str, Any] = {"tags": tags} if tags else {}
        if "answer" in tags:  # the reader predicts first; running the cell unfolds its output
            metadata["jupyter"] = {"outputs_hidden": True}
        notebook.cells.append(make(cell.source, metadata=metadata))
    notebook.cells.append(nbformat.v4.new_markdown_cell(lesson.neighbours()))
    for place, cell in enumerate(notebook.cells):
        digest = sha256(cell.source.encode()).hexdigest()
        cell.id = f"{place:02d}-{digest[:8]}"  # the same in every build
    notebook.metadata.kernelspec = {
        "name": "python3",
        "language": "python",
        "display_name": "Python 3",
    }
    notebook.metadata.language_info = {"name": "python"}
    return notebook


def run(notebook: nbformat.NotebookNode, folder: Path) -> Cost | None:
    """Execute all cells in order, except those with a missing requirement.

    Returns the cost of the kernel, where the system reports it.
    """
    waiting = [cell for cell in notebook.cells if missing(cell.metadata.get("tags", []))]
    for cell in waiting:
        cell.metadata.tags = [*cell.metadata.tags, "skip-execution"]
    client = NotebookClient(
        notebook,
        timeout=SECONDS_FOR_A_CELL,
        kernel_name="python3",
        skip_cells_with_tag="skip-execution",
        coalesce_streams=True,  # on a busy machine the words of one print arrive in parts
        resources={"metadata": {"path": str(folder)}},
    )
    costs: list[Cost | None] = [None]
    client.on_cell_executed = lambda **_: costs.append(cost_of_kernel(client.km))
    try:
        client.execute()
    finally:
        for cell in waiting:
            cell.metadata.tags = [tag for tag in cell.metadata.tags if tag != "skip-execution"]
    return costs[-1]


def clean(notebook: nbformat.NotebookNode) -> None:
    """Keep what a reader without a kernel should see, and nothing about this machine."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the clock
        if "answer" in cell.metadata.get("tags", []) and cell.get("outputs"):
            # Beside the dots of a folded cell JupyterLab shows the first line of its first output.
            cell.outputs.insert(0, nbformat.v4.new_output("display_data"))
        for output in cell.get("outputs", []):
            if "data" in output:
                output.data.pop(
                    WIDGET_VIEW, None
                )  # a trusted copy would show "model not found" instead of the picture
                output.metadata = {}
            if output.output_type == "error":
                output.traceback = [f"{output.ename}: {output.evalue}"]


def build(lesson: Lesson) -> str:
    """Build one notebook, and print a line about it.

    Raises: CellExecutionError if a cell fails; the notebook is unchanged.
    """
    start = time.perf_counter()
    notebook = cells_of(lesson)
    lesson.notebook.parent.mkdir(exist_ok=True)
    cost = run(notebook, lesson.notebook.parent)
    clean(notebook)
    with atomic_path(lesson.notebook) as part:
        nbformat.write(notebook, part)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    not_run = sum(cell.execution_count is None for cell in code)
    kilobytes = lesson.notebook.stat().st_size / 1000
    skipped = f", {not_run} not run (not on this machine)" if not_run else ""
    took = f", {cost.cpu_seconds:.0f} s of processor, {cost.peak_mb:.0f} MB at most" if cost else ""
    return (
        f"{lesson.name}: {len(code)} code cells{skipped}, {time.perf_counter() - start:.1f} "
        f"s, {kilobytes:,.0f} kB{took}"
    )


def is_stale(lesson: Lesson) -> bool:
    """Whether a source of the notebook was changed after it was built."""
    if not lesson.notebook.exists():
        return True
    made = lesson.notebook.stat().st_mtime
    root = COURSE.parent
    sources = [
        lesson.source,
        COURSE / "lessons.toml",
        *(
            f
            for d in ("gptcore", "viz", "course")
            for f in (root / d).rglob("*.py")
            if "lessons" not in f.parts
        ),
    ]
    return any(source.stat().st_mtime > made for source in sources)


def with_lesson_table(readme: str) -> str:
    """The README with an updated table of lessons."""
    begin, end = MARKS
    return re.sub(
        f"{re.escape(begin)}.*?{re.escape(end)}",
        f"{begin}\n{readme_table()}\n{end}",
        readme,
        flags=re.DOTALL,
    )


def chosen(names: list[str], every: bool) -> list[Lesson]:
    """Raises: ValueError for an unknown lesson."""
    written = written_lessons()
    for name in names:
        if not any(lesson.name.startswith(name) for lesson in written):
            raise ValueError(
                f"There is no lesson {name!r}. There are: "
                f"{', '.join(lesson.name for lesson in written)}."
            )
    if names:
        return [lesson for lesson in written if lesson.name.startswith(tuple(names))]
    return [lesson for lesson in written if every or is_stale(lesson)]


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.publishing.build", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "names",
        nargs="*",
        help="lessons to build, by the beginning of their names; without any: those that changed",
    )
    parser.add_argument("--all", action="store_true", help="all lessons, changed or not")
    options = parser.parse_args(arguments)
    os.environ[VARIABLE] = OFF  # answers are not recorded
    try:
        lessons = chosen(options.names, options.all)
        for lesson in tqdm(lessons, desc="building", disable=not sys.stderr.isatty()):
            tqdm.write(build(lesson))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except CellExecutionError as error:
        print(
            f"{lesson.name}: a cell failed; the notebook is unchanged.\n{error}",
            file=sys.stderr,
        )
        return 1
    if not lessons:
        print(f"all {len(written_lessons())} notebooks are up to date")
    README.write_text(with_lesson_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    wrong_answers.main()
    pacing.main()
    return 0


if __name__ == "__main__":
    sys.exit(main())
