"""The tables of the page for teachers: lessons 0 to 16 in 9 weeks, in 16, in two days and alone,
and where the replies expect most wrong answers.

    python -m course.syllabus.pacing
        write them into course/pages/teaching.md again; `make notebooks` does

Which lesson belongs to which week, and what is done together, is decided here; the minutes are
those of `lessons.toml`, divided if a lesson takes two weeks. The wrong answers are those of the
catalogue.
"""

import re
import sys
from dataclasses import dataclass

from course.catalogue import QUESTIONS
from course.syllabus.lesson_table import COURSE, written_lessons

PAGE = COURSE / "pages" / "teaching.md"
MARKS = "<!-- {}: made by `python -m course.syllabus.pacing` -->", "<!-- end of {} -->"


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

# Two days, each with a morning and an afternoon; lesson 16's commands need no lesson 14.
TWO_DAYS = (
    Week((0, 1), "train on the class's own names; play Shannon's game", "exercises of lesson 1"),
    Week((2, 3, 4), "backpropagation at the board; watch the embeddings move", "exercises"),
    Week((6, 7), "compute one head at the board; read a residual stream", "exercises"),
    Week(
        (8, 9), "say each shape before it is printed; find an induction head", "a model of a list"
    ),
)
HALVES = ("day 1, morning", "day 1, afternoon", "day 2, morning", "day 2, afternoon")

GOALS = {  # of somebody who learns alone; each with the lessons that it needs, in order
    "see once what a GPT is": (0,),
    "understand every line of a small GPT": (0, 1, 2, 3, 4, 6, 7),
    "write and train one with PyTorch": (0, 1, 2, 3, 4, 6, 7, 8, 9),
    "prepare text, plan a run, train on a GPU": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
    "read the models of today, tune and serve them": tuple(range(16)),
    "finish with a model of your own": tuple(range(17)),
}


def table(weeks: tuple[Week, ...], names: tuple[str, ...] = ()) -> str:
    """One row for each week, in Markdown; unwritten lessons are marked."""
    minutes = {lesson.number: lesson.minutes for lesson in written_lessons()}
    rows = []
    for number, week in enumerate(weeks, start=1):
        named = [f"{n}" if n in minutes else f"{n} (not written yet)" for n in week.lessons]
        which = ("half of " if week.share < 1 else "") + joined(named)
        takes = round(sum(minutes.get(n, 0) for n in week.lessons) * week.share)
        time = f"{takes} min" if takes else ""
        when = names[number - 1] if names else number
        rows.append(f"| {when} | {which} | {time} | {week.together} | {week.on_your_own} |")
    when = "when" if names else "week"
    head = [f"| {when} | lessons | minutes | together | alone |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def joined(names: list[str]) -> str:
    """Example: joined(["2", "3", "4"]) -> "2, 3 and 4"."""
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def goals() -> str:
    """What somebody wants, the lessons for it, and the hours that they take, in Markdown."""
    minutes = {lesson.number: lesson.minutes for lesson in written_lessons()}
    rows = [
        f"| {goal} | {ranges(numbers)} | {sum(minutes[n] for n in numbers) / 60:.1f} h |"
        for goal, numbers in GOALS.items()
    ]
    return "\n".join(["| you want to | lessons | time |", "|---|---|---|", *rows])


def ranges(numbers: tuple[int, ...]) -> str:
    """Example: ranges((0, 1, 2, 4)) -> "0 to 2 and 4"."""
    starts = [n for n in numbers if n - 1 not in numbers]
    ends = [n for n in numbers if n + 1 not in numbers]
    parts: list[str] = []
    for first, last in zip(starts, ends):
        in_full = last - first < 2
        parts += map(str, range(first, last + 1)) if in_full else [f"{first} to {last}"]
    return joined(parts)


def hardest() -> str:
    """In each lesson, the question with most foreseen wrong answers, in Markdown."""
    rows = []
    for lesson in written_lessons():
        questions = [question for question in QUESTIONS.values() if question.lesson == lesson.name]
        most = max(questions, key=lambda question: len(question.wrong))
        beliefs = list(dict.fromkeys(wrong.belief for wrong in most.wrong))[:2]
        link = f"[{most.name}](wrong_answers.md#{slug(most.name)})"
        rows.append(f"| {lesson.number} | {link} | {len(most.wrong)} | {'; '.join(beliefs)} |")
    head = ["| lesson | question | wrong answers | two of the beliefs |", "|---|---|---|---|"]
    return "\n".join([*head, *rows])


def returning() -> str:
    """The beliefs that are behind wrong answers of two lessons or more, in Markdown."""
    lessons: dict[str, set[int]] = {}
    for question in QUESTIONS.values():
        for wrong in question.wrong:
            lessons.setdefault(wrong.belief, set()).add(int(question.lesson[:2]))
    several = {belief: sorted(numbers) for belief, numbers in lessons.items() if len(numbers) > 1}
    ordered = sorted(several.items(), key=lambda item: (-len(item[1]), item[1]))
    rows = [f"| {belief} | {joined(list(map(str, numbers)))} |" for belief, numbers in ordered]
    return "\n".join(["| belief | lessons |", "|---|---|", *rows])


def slug(heading: str) -> str:
    """The anchor of a heading on the site.

    Example: slug("9.4e17 FLOPs") -> "94e17-flops"
    """
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def with_tables(page: str) -> str:
    """The page for teachers with all tables updated."""
    tables = {
        "nine weeks": table(NINE),
        "sixteen weeks": table(SIXTEEN),
        "two days": table(TWO_DAYS, HALVES),
        "goals": goals(),
        "hardest questions": hardest(),
        "returning beliefs": returning(),
    }
    for name, rows in tables.items():
        begin, end = (mark.format(name) for mark in MARKS)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n{rows}\n{end}{after}"
    return page


def main() -> int:
    PAGE.write_text(with_tables(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
