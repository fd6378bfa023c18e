"""The lessons as they lie in the page: those that run there, and those that are only read there.

What a lesson needs that a page cannot bring is `compiled` in lessons.toml; where that is empty, the
standard library is enough, and the tests drive the lesson in a browser. Pictures that are stored in
a notebook stay in it, whether it runs or not.
"""

from pathlib import Path
from shutil import copytree

import nbformat

from course.lesson_table import COURSE, NOTEBOOKS, Lesson, launch_links, written_lessons

KERNEL = {"name": "python", "display_name": "Python in this page", "language": "python"}


def write_books(folder: Path) -> None:
    """Every lesson, and the pages that lessons link to, laid out as in the checkout."""
    (folder / "notebooks").mkdir(parents=True)
    for lesson in written_lessons():
        nbformat.write(book_of(lesson), folder / "notebooks" / lesson.notebook.name)
    copytree(COURSE / "pages", folder / "course" / "pages")


def book_of(lesson: Lesson) -> nbformat.NotebookNode:
    """The notebook with the page's kernel and, below its header, what the page can do with it."""
    notebook = nbformat.read(NOTEBOOKS / lesson.notebook.name, as_version=4)
    notebook.metadata.kernelspec = KERNEL
    note = nbformat.v4.new_markdown_cell(note_on(lesson), id="in-the-page")
    notebook.cells.insert(1, note)
    return notebook


def note_on(lesson: Lesson) -> str:
    """What a reader should know before running the first cell here."""
    if lesson.runs_in_a_page:
        return (
            "*Python runs inside this page: nothing is installed, and nothing that you type leaves "
            "your machine. It is several times slower than a Python of your own. What you change "
            "is kept in this browser; a copy: File → Download.*"
        )
    return (
        f"> **Here you can read this lesson; to run it, go elsewhere.** It needs {lesson.compiled},"
        f" and a page cannot bring that. Its pictures are those that were stored when it was last "
        f"run. To run it: {launch_links(lesson.name)}, or on a machine of your own with `make lab`."
    )
