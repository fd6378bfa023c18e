"""What a page says below an exercise whose answer is a program: where it runs, and its editor.

`static/python.js` makes the editor if the page has Python (`make page`) and the exercise needs no
package. Without scripts the code of the exercise stays, with links to the places where it runs.
"""

import json
from collections.abc import Sequence
from html import escape
from typing import Any

from course.jupyterlite.runtime import in_words
from course.site.editor.lesson_code import cells_of, code_of
from course.site.editor.probe import exercises_of, what_each_lacks
from course.site.reading.lesson_bar import TRIED_IN, ways
from course.syllabus.lesson_table import Lesson

PYTHON = f"../{TRIED_IN}/static/pyodide/"  # seen from a lesson
MEGABYTES = 18  # what Python and our wheel have; a test measures it


def exercise_boxes(lesson: Lesson, with_page: bool) -> dict[str, str]:
    """HTML for below each cell with such an exercise, by the cell's id.

    Args:
        lesson: The lesson.
        with_page: Whether the site has the page in which Python runs.
    """
    code = [cell for cell in cells_of(lesson) if cell["cell_type"] == "code"]
    cells, exercises = code_of(lesson), exercises_of(lesson)
    lacks = what_each_lacks()
    boxes: dict[str, str] = {}
    # The first editor has what all need.
    data = {
        "python": PYTHON,
        "megabytes": MEGABYTES,
        "cells": cells[: max(exercises.values(), default=-1) + 1],
    }
    for name, place in exercises.items():
        runs = with_page and not lacks[name]
        words = places(lesson, lacks[name], with_page, runs)
        if runs:
            given = {"name": name, "place": place, **data}
            words += f'<script type="application/json">{as_json(given)}</script>'
            data = {}
        boxes[code[place]["id"]] = f'<div class="python">{words}</div>'
    return boxes


def places(lesson: Lesson, lacks: Sequence[str], with_page: bool, runs: bool) -> str:
    """The sentence with the links to where an exercise runs."""
    *first, last = [
        f'<a href="{escape(address)}">{words}</a>'
        for words, address in ways(lesson, with_page, False)
    ]
    where = f"{', '.join(first)} or {last}"
    if lacks:
        words = f"This exercise needs {escape(in_words(lacks))}: run it {where}."
    else:
        words = f"Run the {'whole lesson' if runs else 'exercise'} {where}."
    return f'<p class="python-places">{words}</p>'


def as_json(data: Any) -> str:
    """JSON that cannot end its script."""
    return json.dumps(data).replace("</", "<\\/")
