"""The head and the end of a lesson's page: a bar in place of links that a notebook needs.

A notebook has its neighbours and the ways to run it as text, since it may be all that a reader has.
On the site the neighbours are below the page and in the sidebar, so the bar has the rest: which
lesson this is, how long it takes, and where it runs.
"""

from course.site.cells import directive
from course.syllabus.lesson_table import Lesson, written_lessons
from course.syllabus.repository import BRANCH, our_repository

TRIED_IN = "try"  # folder of the page in which Python runs
OWN_MACHINE = "own-machine"  # the place on the first page that says how to install

ON_THE_PAGE = (
    "The outputs on this page are stored. You can answer the questions and move the sliders here. "
    "The links above run every cell."
)


def page_head(lesson: Lesson, with_page: bool = False, single_file: bool = False) -> str:
    """The title, the bar, and what the lesson needs, in Markdown.

    Args:
        lesson: The lesson.
        with_page: Whether the site has the page in which Python runs.
        single_file: Whether the page is a file of its own, with no site around it.
    """
    return (
        f"# {lesson.number} · {lesson.title}\n\n"
        f"{directive('raw', 'html', bar_of(lesson, with_page, single_file))}\n\n"
        f"- **You build** {lesson.build}.\n"
        f"- **Afterwards you can** {lesson.able}.\n"
        f"- **It needs** {lesson.needs}. Memory: {lesson.memory_mb} MB. "
        f"Downloads: {lesson.downloads}. All cells run in {lesson.seconds} s on two cores."
    )


def bar_of(lesson: Lesson, with_page: bool, single_file: bool) -> str:
    """Which lesson of how many, minutes, and where it runs, as HTML."""
    numbers = [one.number for one in written_lessons()]
    place, count = numbers.index(lesson.number) + 1, len(numbers)
    links = " · ".join(
        f'<a href="{address}">{words}</a>'
        for words, address in ways(lesson, with_page, single_file)
    )
    return (
        f'<div class="lesson-bar" role="group" aria-label="About this lesson">'
        f"<span>Lesson {lesson.number} <span class='of'>({place} of {count})</span> "
        f'<progress max="{count}" value="{place}" aria-label="{place} of {count}"></progress>'
        f"</span> <span>{lesson.minutes} minutes</span> <span>Run it: {links}</span>"
        f"<p>{ON_THE_PAGE}</p></div>"
    )


def ways(lesson: Lesson, with_page: bool, single_file: bool) -> list[tuple[str, str]]:
    """Where the lesson runs: words and address."""
    ours = our_repository()
    here = f"../{TRIED_IN}/lab/index.html?path=notebooks/{lesson.name}.ipynb"
    own = (
        f"{ours.address}/blob/{BRANCH}/README.md" if single_file else f"../index.html#{OWN_MACHINE}"
    )
    shown = [("in this browser", here)] if with_page and lesson.runs_in_a_page else []
    return [
        *shown,
        ("in Colab", ours.colab(lesson.name)),
        ("in Binder", ours.binder(lesson.name)),
        ("on your machine", own),
    ]
