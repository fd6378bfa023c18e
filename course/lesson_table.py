"""The table of lessons, `lessons.toml`: what each promises, costs and needs."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

COURSE = Path(__file__).resolve().parent
LESSONS = COURSE / "lessons"
NOTEBOOKS = COURSE.parent / "notebooks"


@dataclass(frozen=True)
class Lesson:
    """One row. `seconds`: to run all cells on two cores; `memory_mb`: the kernel's peak."""

    name: str
    title: str
    able: str = ""
    needs: str = ""
    minutes: int = 0
    seconds: int = 0
    memory_mb: int = 0
    downloads: str = ""

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
            f"You will be able to **{self.able}**.\n\n"
            f"| needs | to read and do | to run | memory | downloads |\n|---|---|---|---|---|\n"
            f"| {self.needs} | {self.minutes} minutes | {self.seconds} s on two cores | "
            f"{self.memory_mb} MB | {self.downloads} |"
        )


def all_lessons() -> list[Lesson]:
    """Every row of the table, written or not."""
    rows = tomllib.loads((COURSE / "lessons.toml").read_text(encoding="utf-8"))["lesson"]
    return [Lesson(**row) for row in rows]


def written_lessons() -> list[Lesson]:
    """The lessons that are there to be read."""
    return [lesson for lesson in all_lessons() if lesson.source.is_file()]


def readme_table() -> str:
    """The map of lessons for the README, in Markdown."""
    rows = [
        f"| {lesson.number} | [{lesson.title}](notebooks/{lesson.name}.ipynb) | {lesson.able} | "
        f"{lesson.minutes} min |"
        for lesson in written_lessons()
    ]
    return "\n".join(["| | lesson | afterwards you can | |", "|---|---|---|---|", *rows])
