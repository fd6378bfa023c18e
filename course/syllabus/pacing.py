"""Two ways to give lessons 0 to 16 to a class, in 9 weeks and in 16; the tables of the page for
teachers.

    python -m course.syllabus.pacing
        write them into course/pages/teaching.md again; `make notebooks` does

Which lesson belongs to which week, and what is done together, is decided here; the minutes are
those of `lessons.toml`, divided if a lesson takes two weeks.
"""

import sys
from dataclasses import dataclass

from course.syllabus.lesson_table import COURSE, written_lessons

PAGE = COURSE / "pages" / "teaching.md"
MARKS = "<!-- {} weeks: made by `python -m course.syllabus.pacing` -->", "<!-- end of {} weeks -->"


@dataclass(frozen=True)
class Week:
    """What a class does in one week; `share` is how much of its lessons it does."""

    lessons: tuple[int, ...]
    together: str
    on_your_own: str
    share: float = 1.0


NINE = (
    Week(
        (0, 1), "train on the class's own names; play Shannon's game, the class bets", "exercises"
    ),
    Week((2, 3), "predict what a learning rate does; backpropagation at the board", "exercises"),
    Week((4, 5), "watch the embeddings move; be the BPE merger", "exercises, a mixed page"),
    Week((6, 7), "compute one head at the board; ablate it; read a residual stream", "exercises"),
    Week((8, 9), "say each shape before it is printed; find an induction head", "exercises"),
    Week((10, 11), "read what the filters removed, and vote; fill a card of 12 GB", "exercises"),
    Week(
        (12, 13), "start a run, kill it, resume it; bet on switches", "exercises, the mixed pages"
    ),
    Week((14, 15), "attack each other's rewards; be the slots of a batch", "exercises"),
    Week((16,), "each brings a list; read samples aloud: new, or copied?", "a model of your own"),
)

SIXTEEN = (
    Week((0, 1), "train on the class's own names; Shannon's game: the class bets", "exercises"),
    Week((2,), "predict what a learning rate does, then move the slider", "exercises"),
    Week((3,), "backpropagation through one graph, with four people as nodes", "a mixed page"),
    Week((4,), "watch the embeddings move while it trains", "exercises"),
    Week((5,), "be the BPE merger, against the algorithm", "exercises, in your own language"),
    Week((6,), "compute one head at the board; then ablate it", "exercises"),
    Week((7,), "read the residual stream of one letter", "exercises, a mixed page"),
    Week((8,), "say each shape before it is printed", "exercises"),
    Week((9,), "predict when the validation loss turns", "exercises"),
    Week((10,), "read what the filters removed, and vote", "exercises"),
    Week((11,), "fill a card of 12 GB; check advice by computing", "exercises"),
    Week((12,), "start a run, kill it, resume it", "exercises, a mixed page"),
    Week((13,), "bet on switches, then count seeds", "exercises"),
    Week((14,), "write a reward; the class tries to get it without the truth", "exercises"),
    Week(
        (15,), "be the slots of a batch: eight people, and cards with lengths of texts", "exercises"
    ),
    Week((16,), "each brings a list; read samples aloud: new, or copied?", "a model of your own"),
)


def table(weeks: tuple[Week, ...]) -> str:
    """One row for each week, in Markdown; unwritten lessons are marked."""
    minutes = {lesson.number: lesson.minutes for lesson in written_lessons()}
    rows = []
    for number, week in enumerate(weeks, start=1):
        named = [f"{n}" if n in minutes else f"{n} (not written yet)" for n in week.lessons]
        which = ("half of " if week.share < 1 else "") + " and ".join(named)
        takes = round(sum(minutes.get(n, 0) for n in week.lessons) * week.share)
        time = f"{takes} min" if takes else ""
        rows.append(f"| {number} | {which} | {time} | {week.together} | {week.on_your_own} |")
    head = ["| week | lessons | minutes | together | alone |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def with_tables(page: str) -> str:
    """The page for teachers with both tables updated."""
    for words, weeks in (("nine", NINE), ("sixteen", SIXTEEN)):
        begin, end = (mark.format(words) for mark in MARKS)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{table(weeks)}\n{end}{after}"
    return page


def main() -> int:
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
