"""The one-page program and the lesson of each line, from its comments `# [5] ...`."""

import re

from course.syllabus.lesson_table import COURSE, all_lessons

MARK = re.compile(r"# \[(\d+)\] ")


def one_page() -> list[str]:
    """The lines of `course/one_page.py`."""
    return (COURSE / "one_page.py").read_text(encoding="utf-8").splitlines()


def lessons_of_lines() -> list[int]:
    """The number of the lesson that explains each line; lesson 0 before the first mark."""
    lesson, out = 0, []
    for line in one_page():
        mark = MARK.match(line)
        lesson = int(mark[1]) if mark else lesson
        out.append(lesson)
    return out


def titles() -> dict[int, str]:
    """The title of each lesson."""
    return {lesson.number: lesson.title for lesson in all_lessons()}
