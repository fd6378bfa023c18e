"""Two ways to give lessons 0 to 10 to a class, in 7 weeks and in 14; the tables of the page for
teachers.

    python -m course.syllabus.pacing
        write them anew into course/pages/teaching.md; `make notebooks` does

Which lesson belongs to which week, and what is done together, is decided here; the minutes are
those of `lessons.toml`, shared out where a lesson takes two weeks.
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


SEVEN = (
    Week(
        (0, 1),
        "run the first cell, read the samples aloud; play Shannon's game on the wall, the class "
        "bets",
        "the exercises of both",
    ),
    Week(
        (2,),
        "the valley: everybody names a rate before it is turned; part B up to the two slopes",
        "the second MLP, and the exercises",
    ),
    Week(
        (3, 4),
        "follow blame through one graph at the board, with four people as nodes; be the merger",
        "the mixed page of lesson 3; who pays, in a language that somebody speaks",
    ),
    Week(
        (5, 6),
        "change what a head hears; guess the largest jump of the ladder, then see it",
        "the better run of lesson 5; the mixed page of lesson 6",
    ),
    Week(
        (7,),
        "from ids to logits, every shape said aloud before it is printed; Ada and Bo",
        "gpt2-medium without a program",
    ),
    Week(
        (8, 9),
        "read what the filters threw away, and vote; fill a card of 12 GB",
        "rows of tokens; what one night of training costs at home",
    ),
    Week(
        (10,),
        "start a run, kill it, go on; Ada or Bo, by a show of hands before the curves are cut",
        "a schedule that can be made longer, keep_going, and the mixed page",
    ),
)

FOURTEEN = (
    Week((0,), "run the first cell, read the samples aloud; the second run", "both exercises"),
    Week((1,), "Shannon's game on the wall: the class bets, letter by letter", "save jack"),
    Week((2,), "part A: turn a dial, and see all the others move", "the best single rate", 0.5),
    Week((2,), "part B: two slopes by hand, in pairs, one checks", "the second MLP", 0.5),
    Week((3,), "blame through one graph, with four people as nodes", "tanh, and the mixed page"),
    Week((4,), "be the merger, against the algorithm", "who pays, in a language somebody speaks"),
    Week((5,), "compute one head at the board; then change what it hears", "the better run"),
    Week((6,), "the account of one letter; the three walkers", "Adam's step, and the mixed page"),
    Week((), "nothing new: the exit tickets that most got wrong, and what they believed", "a rest"),
    Week((7,), "tensors and shapes, up to the sheet that is cut", "split_heads", 0.5),
    Week((7,), "over-fitting, seen coming; Ada and Bo", "gpt2-medium without a program", 0.5),
    Week((8,), "read what the filters threw away, and vote", "set_aside and rows_of"),
    Week((9,), "fill a card of 12 GB; what goes round as advice, computed", "what a night costs"),
    Week((10,), "start a run, kill it, go on; Ada or Bo, by a show of hands", "the mixed page"),
)


def table(weeks: tuple[Week, ...]) -> str:
    """One row for each week, in Markdown; a lesson that is not written yet is said to be so."""
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
    """The page for teachers with both tables made anew."""
    for words, weeks in (("seven", SEVEN), ("fourteen", FOURTEEN)):
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
