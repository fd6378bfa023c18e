"""The sources of the site, in the same folders as in the checkout, so that links work."""

import os
import re
from pathlib import Path

from course.site.cells import lesson_page
from course.site.editor.boxes import exercise_boxes
from course.site.gallery.page import gallery_page
from course.site.home import live_box, map_box
from course.site.public import PACKAGES, ROOT
from course.site.reading.lesson_bar import OWN_MACHINE, TRIED_IN, page_head
from course.site.reference import reference_page
from course.syllabus.lesson_table import COURSE, Lesson, written_lessons
from course.syllabus.repository import BRANCH, our_repository

INDEX = Path(__file__).parent / "index.md"
PAGES = COURSE / "pages"
DOCS = ROOT / "docs"
TEACHERS = ("teaching", "wrong_answers")  # pages with answers come last
# The order in which somebody needs the guides; one that is not named here comes at the end.
GUIDES = (
    "own_gpt",
    "training_guide",
    "tuning",
    "serving",
    "evaluation",
    "export",
    "models",
    "tokenizers",
    "inference",
    "gpu",
    "command_line",
)
MAKERS = ("architecture", "style")  # for those who change the course or the package
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)")


def lay_out(folder: Path, with_page: bool = False, address: str = "") -> None:
    """Write every page as Markdown; an unchanged page keeps its time stamp, and is not built again.

    `with_page`: whether the site has the page in which Python runs. Then the first page links to
    it, and exercises run in their lesson. `address`: where the site will be, which a preview of a
    link needs.
    """
    stored = [lesson for lesson in written_lessons() if lesson.notebook.is_file()]
    pages = all_pages(stored, with_page, address or our_repository().pages)
    for old in folder.rglob("*.md"):
        if old.relative_to(folder).as_posix() not in pages:
            old.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")


def all_pages(lessons: list[Lesson], with_page: bool, address: str) -> dict[str, str]:
    """Path of each page in the site's sources -> its text."""
    pages = {
        f"notebooks/{lesson.name}.md": lesson_page(
            lesson, page_head(lesson, with_page), exercise_boxes(lesson, with_page)
        )
        for lesson in lessons
    }
    for page in sorted(PAGES.glob("*.md")):
        pages[f"course/pages/{page.name}"] = page.read_text(encoding="utf-8")
    for page in sorted(DOCS.glob("*.md")):
        pages[f"docs/{page.name}"] = page.read_text(encoding="utf-8")
    pages |= {f"reference/{package}.md": reference_page(package) for package in PACKAGES}
    pages["gallery.md"] = gallery_page()
    pages["index.md"] = index_page(lessons, with_page, address)
    return {path: with_links(text, path, pages) for path, text in pages.items()}


def index_page(lessons: list[Lesson], with_page: bool, address: str) -> str:
    """The first page: an introduction, the lessons, and the tree of all pages."""
    others = [page.stem for page in sorted(PAGES.glob("*.md"))]
    trees = {
        "Lessons": [f"notebooks/{lesson.name}" for lesson in lessons],
        "Beside the lessons": [f"course/pages/{name}" for name in others if name not in TEACHERS],
        "For teachers": [f"course/pages/{name}" for name in TEACHERS if name in others],
        "Guides": [f"docs/{name}" for name in guides() if name not in MAKERS],
        "Reference": ["gallery", *(f"reference/{package}" for package in PACKAGES)],
        "How it is made": [f"docs/{name}" for name in guides() if name in MAKERS],
    }
    repository = our_repository()
    first = lessons[0].name if lessons else ""
    parts = {
        "try": tried(lessons) if with_page else "",
        "colab": repository.colab(first),
        "binder": repository.binder(first),
        "repository": repository.address,
        "name": repository.owner_and_name.split("/")[1],
        "address": address.rstrip("/"),
        "place": OWN_MACHINE,
        "live": live_box(),
        "map": map_box(lessons),
    }
    text = INDEX.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(f"<!-- {name} -->", part)
    return text + "".join(toctree(caption, pages) for caption, pages in trees.items() if pages)


def guides() -> list[str]:
    """The guides that there are, in the order in which they are needed."""
    stored = sorted(page.stem for page in DOCS.glob("*.md"))
    order = [*GUIDES, *MAKERS]
    return sorted(stored, key=lambda name: order.index(name) if name in order else len(order))


def tried(lessons: list[Lesson]) -> str:
    """The link to the lessons that run in a page, without installing anything."""
    numbers = [lesson.number for lesson in lessons if lesson.runs_in_a_page]
    return (
        f'<a href="{TRIED_IN}/index.html">run lessons {numbers[0]} to {numbers[-1]} in this '
        "browser</a> · "
    )


def toctree(caption: str, pages: list[str]) -> str:
    listed = "\n".join(pages)
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{listed}\n```\n"


def with_links(text: str, path: str, pages: dict[str, str]) -> str:
    """Replace links to notebooks by links to pages, and other links by links to the repository."""

    unbuilt = [f"notebooks/{lesson.name}.ipynb" for lesson in written_lessons()]

    def lead(found: re.Match) -> str:
        target, anchor = found[1], found[2] or ""
        here = os.path.normpath(Path(path).parent / target).replace(os.sep, "/")
        page = re.sub(r"\.ipynb$", ".md", here)
        if page in pages:
            return f"]({re.sub(r'[.]ipynb$', '.md', target)}{anchor})"
        if here in unbuilt or ((ROOT / here).exists() and not here.startswith("..")):
            return f"]({our_repository().address}/blob/{BRANCH}/{here}{anchor})"
        return found[0]

    return LINK.sub(lead, text)
