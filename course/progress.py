"""How far a reader has come, from the file that `course/kept.py` keeps.

    python -m course.progress                  lesson by lesson, and where the file lies
    python -m course.progress --export FILE    a copy, to keep or to hand to a teacher
    python -m course.progress --erase          forget it all

In a notebook `way()` draws the same as a map.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

from course.catalogue import QUESTIONS
from course.kept import OFF, VARIABLE, answered, answers_in, place
from course.lesson_table import Lesson, written_lessons
from viz.picture import Picture
from viz.way import Stop, draw_way


def way() -> Picture:
    """The lessons as a map: what each asks for first, and how many of its questions you have
    answered.
    """
    lessons, told = written_lessons(), counts(answered())
    in_colab = "google.colab" in sys.modules  # there a link to the next file leads nowhere
    stops = [
        Stop(
            lesson.number,
            lesson.title,
            note=f"afterwards you can {lesson.able}",
            minutes=lesson.minutes,
            needs=needs_of(lesson),
            link="" if in_colab else lesson.notebook.name,
            done=told[lesson.name][0],
            of=told[lesson.name][1],
        )
        for lesson in lessons
    ]
    return draw_way(stops, title="The way through")


def needs_of(lesson: Lesson) -> tuple[int, ...]:
    """The numbers of the lessons that this one builds on: "lessons 1, 2 and 5" -> 1, 2, 5."""
    lists = re.findall(r"lessons? ((?:\d+(?:, | and )?)+)", lesson.needs)
    return tuple(int(number) for numbers in lists for number in re.findall(r"\d+", numbers))


def counts(right: set[str]) -> dict[str, tuple[int, int]]:
    """For each lesson that is there: how many of its questions are in `right`, and how many it
    has.
    """
    names: dict[str, set[str]] = {lesson.name: set() for lesson in written_lessons()}
    for question in QUESTIONS.values():
        names[question.lesson].add(question.name)
    return {lesson: (len(right & asked), len(asked)) for lesson, asked in names.items()}


def report() -> str:
    """How far the reader has come, lesson by lesson, and where that stands written."""
    told = counts(answered())
    width = max(map(len, told))
    rows = [f"{name:{width}}  {done:2} of {asked:2}" for name, (done, asked) in told.items()]
    path = place()
    if path is None:
        where = f"Nothing is kept, because {VARIABLE} is {OFF!r}."
    elif path.exists():
        where = f"Kept in {path}, and nowhere else."
    else:
        where = f"Nothing is kept yet. The first answer will be noted in {path}."
    return "\n".join([*rows, where])


def erase() -> str:
    """Remove the file; what was done, in a line."""
    path = place()
    if path is None or not path.exists():
        return "There was nothing to erase."
    path.unlink()
    return f"Erased: {path}"


def export(target: Path) -> str:
    """Copy the file.

    Raises: ValueError if there is nothing to copy, or something lies at the target already.
    """
    path = place()
    if path is None or not path.exists():
        raise ValueError("There is nothing to export yet: no question has been answered.")
    if target.exists():
        raise ValueError(f"{target} is there already, and was left alone. Choose another name.")
    shutil.copyfile(path, target)
    return f"{len(answers_in(target))} answers copied to {target}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.progress", description="How far you have come, kept on this machine."
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--export", type=Path, metavar="FILE", help="copy what is kept to a file")
    what.add_argument("--erase", action="store_true", help="forget all of it")
    options = parser.parse_args(arguments)
    try:
        print(export(options.export) if options.export else erase() if options.erase else report())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
