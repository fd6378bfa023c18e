"""The progress of a reader, from the file of `course/record/kept.py`.

    python -m course.record.progress                lesson by lesson, and the path of the file
    python -m course.record.progress export FILE    a copy, to keep or for a teacher
    python -m course.record.progress erase          delete the file

In a cell of a notebook use `%run -m`, which is why the commands have no dashes.
"""

import argparse
import shutil
import sys
from pathlib import Path

from course.record.kept import OFF, VARIABLE, answered, answers_in, place
from course.way import counts


def report() -> str:
    """The progress of the reader, lesson by lesson, and the path of the file."""
    counted = counts(answered())
    width = max(map(len, counted))
    rows = [f"{name:{width}}  {done:2} of {total:2}" for name, (done, total) in counted.items()]
    path = place()
    if path is None:
        where = f"Nothing is kept, because {VARIABLE} is {OFF!r}."
    elif path.exists():
        where = f"Kept in {path}, and nowhere else."
    else:
        where = f"Nothing is kept yet. The first answer will be noted in {path}."
    return "\n".join([*rows, where])


def erase() -> str:
    """Remove the file, and return a line about it."""
    path = place()
    if path is None or not path.exists():
        return "There was nothing to erase."
    path.unlink()
    return f"Erased: {path}"


def export(target: Path) -> str:
    """Copy the file.

    Raises: ValueError if there is nothing to copy, or if the target exists.
    """
    path = place()
    if path is None or not path.exists():
        raise ValueError("There is nothing to export yet: no question has been answered.")
    if target.exists():
        raise ValueError(f"{target} exists already. Choose another name.")
    shutil.copyfile(path, target)
    return f"{len(answers_in(target))} answers copied to {target}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.record.progress",
        description="Your progress, stored on this machine.",
    )
    word = parser.add_subparsers(dest="word", metavar="export FILE | erase")
    word.add_parser("erase", help="delete the file")
    word.add_parser("export", help="copy it to a file").add_argument("file", type=Path)
    options = parser.parse_args(arguments)
    try:
        if options.word == "export":
            print(export(options.file))
        else:
            print(erase() if options.word == "erase" else report())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
