"""The notebooks of the page: lessons that run there, and lessons that can only be read there.

`beyond` in lessons.toml names the packages that a lesson needs. If it is empty, the standard
library is enough, and the tests run the lesson in a browser. Stored pictures stay in the notebooks.
"""

from pathlib import Path
from shutil import copytree

import nbformat
from nbformat import NotebookNode

from course.jupyterlite.runtime import in_words
from course.syllabus.lesson_table import COURSE, NOTEBOOKS, Lesson, launch_links, written_lessons

KERNEL = {"name": "python", "display_name": "Python in this page", "language": "python"}

NOT_HERE = (
    "*To read: this cell needs a file that is brought from elsewhere, and the page brings none.*"
)


def built_lessons() -> list[Lesson]:
    """The lessons whose notebook exists."""
    return [lesson for lesson in written_lessons() if lesson.notebook.is_file()]


def write_books(folder: Path) -> None:
    """Write all lessons and the pages that they link to, in the same folders as in the checkout."""
    (folder / "notebooks").mkdir(parents=True)
    for lesson in built_lessons():
        nbformat.write(book_of(lesson), folder / "notebooks" / lesson.notebook.name)
    copytree(COURSE / "pages", folder / "course" / "pages")


def book_of(lesson: Lesson) -> NotebookNode:
    """The notebook with the page's kernel and, below its header, a note about the page."""
    notebook = nbformat.read(NOTEBOOKS / lesson.notebook.name, as_version=4)
    notebook.metadata.kernelspec = KERNEL
    # An error ends "run all" here, even in a cell that may fail.
    header, *rest = [to_read(c) if needs_something(c) else c for c in notebook.cells]
    note = nbformat.v4.new_markdown_cell(note_on(lesson), id="in-the-page")
    more = [] if lesson.runs_in_a_page else [first_cell(lesson)]
    notebook.cells = [header, note, *more, *rest]
    return notebook


def to_read(cell: NotebookNode) -> NotebookNode:
    """A cell that cannot run in the page, as text: its code and its stored output."""
    shown = [output.get("text", "") for output in cell.outputs]
    shown += [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    parts = [NOT_HERE, f"```python\n{cell.source}\n```"]
    parts += ["Elsewhere it showed:", f"```text\n{''.join(shown).strip()}\n```"]
    return nbformat.v4.new_markdown_cell("\n\n".join(parts), id=cell.id)


def needs_something(cell: NotebookNode) -> bool:
    return any(tag.startswith("needs-") for tag in cell.metadata.get("tags", []))


def note_on(lesson: Lesson) -> str:
    """The note for a reader before the first cell."""
    if lesson.runs_in_a_page:
        return (
            "*Python runs inside this page: nothing is installed, and nothing that you type leaves "
            "your machine. It is several times slower than a Python of your own. What you change "
            "is kept in this browser; File → Download gives you a copy.*"
        )
    needed = in_words(lesson.beyond)
    return (
        f"> **Here you can read this lesson; to run it, go elsewhere:** {launch_links(lesson.name)}"
        f", or with `make lab` on a machine of your own. It needs {needed}, and the page has "
        f"Python's standard library only. The cell below tries to fetch {needed} from where "
        "Pyodide, the Python of this page, publishes its packages, and says so if it cannot. The "
        "pictures are those that were stored when the lesson was last run."
    )


def first_cell(lesson: Lesson) -> NotebookNode:
    """A cell that loads the packages of the lesson, or ends "run all" with a message."""
    modules = ", ".join(f'"{module}"' for module in lesson.beyond)
    imports = "from course.jupyterlite.runtime import ensure_available"
    source = f"{imports}\n\nawait ensure_available({modules})"
    return nbformat.v4.new_code_cell(source, id="page-needs")
