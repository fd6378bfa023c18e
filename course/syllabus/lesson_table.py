"""The table of lessons, `lessons.toml`: promises, costs and requirements."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from course.syllabus.repository import our_repository

COURSE = Path(__file__).resolve().parents[1]
LESSONS = COURSE / "lessons"
NOTEBOOKS = COURSE.parent / "notebooks"


@dataclass(frozen=True)
class Lesson:
    """One row. `seconds`: to run all cells on two cores; `memory_mb`: the kernel's peak."""

    name: str
    title: str
    build: str = ""
    able: str = ""
    needs: str = ""
    minutes: int = 0
    seconds: int = 0
    memory_mb: int = 0
    downloads: str = ""
    beyond: Sequence[str] = ("torch",)  # modules that a browser's Python does not have with it

    @property
    def runs_in_a_page(self) -> bool:
        """Whether the standard library is enough, so that the lesson runs in a browser."""
        return not self.beyond

    @property
    def number(self) -> int:
        return int(self.name[:2])

    @property
    def source(self) -> Path:
        return LESSONS / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        return NOTEBOOKS / f"{self.name}.ipynb"

    def header(self) -> str:
        """The first cell of the notebook, in Markdown."""
        return (
            f"# {self.number} · {self.title}\n\n"
            f"{self.neighbours()}\n\n"
            f"**In this lesson**\n\n"
            f"- **You build** {self.build}.\n"
            f"- **Afterwards you can** {self.able}.\n"
            f"- **Time**: {self.minutes} minutes to read and do; all cells run in "
            f"{self.seconds} s on two cores.\n\n"
            f"Needs: {self.needs}. Memory: {self.memory_mb} MB. Downloads: {self.downloads}. "
            f"▶ Nothing to install: {launch_links(self.name)}."
        )

    def neighbours(self) -> str:
        """Links to the lesson before and to the one after, in Markdown."""
        before = [lesson for lesson in written_lessons() if lesson.name < self.name][-1:]
        after = [lesson for lesson in written_lessons() if lesson.name > self.name][:1]
        links = [f"[← {lesson.number} · {lesson.title}]({lesson.name}.ipynb)" for lesson in before]
        links += [f"[{lesson.number} · {lesson.title} →]({lesson.name}.ipynb)" for lesson in after]
        return " | ".join(links)


def all_lessons() -> list[Lesson]:
    """Every row of the table, written or not."""
    rows = tomllib.loads((COURSE / "lessons.toml").read_text(encoding="utf-8"))["lesson"]
    return [Lesson(**row) for row in rows]


def written_lessons() -> list[Lesson]:
    """The lessons whose source exists."""
    return [lesson for lesson in all_lessons() if lesson.source.is_file()]


def launch_links(lesson: str) -> str:
    """The launch links of a lesson, in Markdown. They are text: a badge needs the network."""
    ours = our_repository()
    return f"[open in Colab]({ours.colab(lesson)}) or [in Binder]({ours.binder(lesson)})"


def readme_table() -> str:
    """The map of lessons for the README, in Markdown."""
    ours = our_repository()
    rows = [
        f"| {lesson.number} | [{lesson.title}](notebooks/{lesson.name}.ipynb) | {lesson.able} | "
        f"{lesson.minutes} min | [Colab]({ours.colab(lesson.name)}) "
        f"[Binder]({ours.binder(lesson.name)}) |"
        for lesson in written_lessons()
    ]
    head = ["| | lesson | afterwards you can | | nothing to install |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])
