"""The answers of a class: the files of several readers, counted.

    python -m course.record.answers FILE...     a table, one row for each question that was tried

Each file is that of one reader, written by `python -m course.record.progress export`. The table
shows for each question how many readers tried it, how many were right at the first try and in the
end, and the belief behind the most common mistake. The files have no names of readers.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course.catalogue import QUESTIONS
from course.record.kept import Answer, answers_in

UNFORESEEN = "an unexpected one"


@dataclass
class Tally:
    """The answers of all readers to one question."""

    readers: int = 0
    right_at_first: int = 0
    right_in_the_end: int = 0
    beliefs: Counter[str] = field(default_factory=Counter)  # belief -> number of readers

    def add(self, tries: Sequence[Answer]) -> None:
        """Count the tries of one reader at this question, in order."""
        self.readers += 1
        self.right_at_first += tries[0].right
        self.right_in_the_end += any(one.right for one in tries)
        self.beliefs.update({one.belief or UNFORESEEN for one in tries if not one.right})


def tally(readers: Iterable[Sequence[Answer]]) -> dict[str, Tally]:
    """One row for each question that was tried, in the order of the course."""
    tallies = {name: Tally() for name in QUESTIONS}
    for answers in readers:
        tries: dict[str, list[Answer]] = {}
        for answer in answers:
            tries.setdefault(answer.question, []).append(answer)
        for name in tries.keys() & tallies.keys():  # a question may have been renamed since
            tallies[name].add(tries[name])
    order = sorted(QUESTIONS.values(), key=lambda question: question.lesson)  # stable
    return {one.name: tallies[one.name] for one in order if tallies[one.name].readers}


def table(tallies: dict[str, Tally]) -> str:
    """The rows as a table in Markdown."""
    rows = [
        f"| {QUESTIONS[name].lesson[:2]} | {name} | {row.readers} | {row.right_at_first} | "
        f"{row.right_in_the_end} | {most_frequent(row.beliefs)} |"
        for name, row in tallies.items()
    ]
    head = "| lesson | question | tried | right at first | in the end | most common wrong belief |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def most_frequent(beliefs: Counter[str]) -> str:
    """The most common belief, and its number of readers; in a tie an expected one."""
    if not beliefs:
        return ""
    belief = max(beliefs, key=lambda belief: (beliefs[belief], belief != UNFORESEEN))
    return f"{belief} ({beliefs[belief]})"


def read(path: Path) -> list[Answer]:
    """Raises: OSError if the file cannot be read; ValueError if it has no answers."""
    answers = answers_in(path)
    if not answers:
        raise ValueError(
            f"{path} has no answers. A reader writes such a file with: "
            "python -m course.record.progress export FILE"
        )
    return answers


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m course.record.answers", description="Count the answers of several readers."
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="one file a reader")
    options = parser.parse_args(arguments)
    try:
        readers = [read(path) for path in options.files]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(f"{len(readers)} readers\n\n{table(tally(readers))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
