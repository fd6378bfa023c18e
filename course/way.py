"""The map at the end of lesson 0: what each lesson needs, and the progress of the reader.

The drawing is in `course/course_map.py`, the answers in `course/record/kept.py`.
"""

import re
import sys

from course.catalogue import QUESTIONS
from course.course_map import Stop, draw_course_map
from course.record.kept import answered
from course.syllabus.lesson_table import Lesson, all_lessons, written_lessons
from viz.canvas.picture import Picture


def way() -> Picture:
    """Draw the lessons as a map: what each needs, and how many questions you have answered."""
    written, counted = written_lessons(), counts(answered())
    in_colab = "google.colab" in sys.modules  # links to other files do not work there
    stops = [
        stop_of(
            lesson,
            link="" if in_colab or lesson not in written else lesson.notebook.name,
            counted=counted.get(lesson.name, (0, 0)),
        )
        for lesson in all_lessons()
    ]
    return draw_course_map(stops, title="The lessons of the course")


def stop_of(lesson: Lesson, link: str, counted: tuple[int, int] = (0, 0)) -> Stop:
    """A lesson on the map.

    Args:
        lesson: The lesson.
        link: Its page.
        counted: Right answers, and questions.
    """
    return Stop(
        lesson.number,
        lesson.title,
        note=f"afterwards you can {lesson.able}",
        minutes=lesson.minutes,
        needs=needs_of(lesson),
        link=link,
        done=counted[0],
        of=counted[1],
    )


def needs_of(lesson: Lesson) -> tuple[int, ...]:
    """The numbers of the lessons that this one builds on: "lessons 1, 2 and 6" -> 1, 2, 6."""
    lists = re.findall(r"lessons? ((?:\d+(?:, | and )?)+)", lesson.needs)
    return tuple(int(number) for numbers in lists for number in re.findall(r"\d+", numbers))


def counts(right: set[str]) -> dict[str, tuple[int, int]]:
    """For each written lesson: how many of its questions are in `right`, and how many it has."""
    names: dict[str, set[str]] = {lesson.name: set() for lesson in written_lessons()}
    for question in QUESTIONS.values():
        if question.lesson in names:  # a catalogue may be written before its lesson
            names[question.lesson].add(question.name)
    return {lesson: (len(right & questions), len(questions)) for lesson, questions in names.items()}
