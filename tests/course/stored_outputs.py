"""What the cells of a notebook have printed, as it is stored."""

import nbformat

from course.syllabus.lesson_table import Lesson


def printed(lesson: Lesson, code: str) -> str:
    """The printed output of the first cell whose source contains `code`."""
    for cell in nbformat.read(lesson.notebook, as_version=4).cells:
        if cell.cell_type == "code" and code in cell.source:
            return "".join(output.get("text", "") for output in cell.outputs)
    raise AssertionError(f"no cell has {code!r}")
