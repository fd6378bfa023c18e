"""What a class has answered: the files of several readers, counted.

    python -m course.record.answers FILE...     a table, one row for each question that was tried

Each file is one reader's, as `python -m course.record.progress export` writes it, and it is theirs
to hand over or not. The table says of each question how many tried it, how many were right at their
first try, how many in the end, and which belief was behind the commonest mistake.
Left out on purpose: who gave which answer. No file says whose it is, and the table does not ask.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from course.catalogue import QUESTIONS
from course.record.kept import Answer, answers_in

UNFORESEEN = "none that was foreseen"


@dataclass
class Tally:
    """What all readers together made of one question."""

    readers: int = 0
    right_at_first: int = 0
    right_in_the_end: int = 0
    beliefs: Counter[str] = field(default_factory=Counter)  # each reader counts once for each

    def add(self, tries: Sequence[Answer]) -> None:
        """Count one reader, whose tries at this question these are, the first one first."""
        self.readers += 1
        self.right_at_first += tries[0].right
        self.right_in_the_end += any(one.right for one in tries)
        self.beliefs.update({one.belief or UNFORESEEN for one in tries if not one.right})


def tally(readers: Iterable[Sequence[Answer]]) -> dict[str, Tally]:
    """One row for each question that anybody tried, in the order of the course."""
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
    """The rows in Markdown, which is read in a terminal as well."""
    rows = [
        f"| {QUESTIONS[name].lesson[:2]} | {name} | {row.readers} | {row.right_at_first} | "
        f"{row.right_in_the_end} | {most_frequent(row.beliefs)} |"
        for name, row in tallies.items()
    ]
    head = "| lesson | question | tried | right at first | in the end | commonest wrong belief |"
    return "\n".join([head, "|---|---|---|---|---|---|", *rows])


def most_frequent(beliefs: Counter[str]) -> str:
    """The belief that most readers had, and how many; a foreseen one, if two are as common."""
    if not beliefs:
        return ""
    belief = max(beliefs, key=lambda belief: (beliefs[belief], belief != UNFORESEEN))
    return f"{belief} ({beliefs[belief]})"


def read(path: Path) -> list[Answer]:
    """Raises: OSError if the file cannot be read; ValueError if no line of it is an answer."""
    answers = answers_in(path)
    if not answers:
        raise ValueError(
            f"{path} holds no answers. What a reader hands over is written by: "
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
