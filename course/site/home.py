"""The parts of the first page that are made: a model that invents names, and the map of lessons."""

from pathlib import Path

from course.course_map import draw_course_map
from course.site.cells import directive
from course.syllabus.lesson_table import Lesson
from course.way import stop_of
from gptcore.export import export_page
from gptcore.own_gpt import names_gpt

LIVE = "live/names.html"  # below the folder of the site
TITLE = "Names that a GPT invents in your browser"


def live_box() -> str:
    """The frame of the page with the model; it is loaded after everything else."""
    frame = (
        f'<iframe class="live" src="{LIVE}?embedded" title="{TITLE}" loading="lazy"></iframe>'
        f'<p class="live-note">A model of the course runs in this page. '
        f'<a href="{LIVE}">Open it in a page of its own</a>.</p>'
    )
    return directive("raw", "html", frame)


def write_live_page(site: Path) -> Path:
    """Write the page with the model: the shipped GPT of names.

    Args:
        site: The folder of the site.
    """
    model, tokenizer = names_gpt()
    return export_page(model, tokenizer, site / LIVE, title=TITLE)


def map_box(lessons: list[Lesson]) -> str:
    """The map of the lessons, each with a link to its page."""
    stops = [stop_of(lesson, link=f"notebooks/{lesson.name}.html") for lesson in lessons]
    html = draw_course_map(stops).to_html()
    return directive("raw", "html", f'<div class="output picture">{html}</div>')
