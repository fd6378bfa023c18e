"""The cells of a lesson that its page has.

Left out on purpose: the cell that sets up Colab, which does nothing anywhere else.
"""

import json
from typing import Any

from course.syllabus.lesson_table import Lesson


def cells_of(lesson: Lesson) -> list[dict[str, Any]]:
    """The cells of its notebook, with their stored outputs."""
    cells = json.loads(lesson.notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if "launch" not in cell["metadata"].get("tags", [])]


def code_of(lesson: Lesson) -> list[str]:
    """The code of each code cell, in order."""
    return ["".join(cell["source"]) for cell in cells_of(lesson) if cell["cell_type"] == "code"]
