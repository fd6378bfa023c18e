"""Every page of the built site, read from its file: what a screen reader needs, and the weight."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from course.site.broken_links import Page
from course.site.public import PACKAGES, ROOT, public_names

LESSON_BYTES = 1_500_000
ON_REQUEST = "plotly.min.js"  # loaded by a click
PRIVATE = re.compile(r"(?<![\w.`'\"/-])_[a-z]\w{2,}")
ADDRESS = re.compile(r"\bobject at 0x|\b0x[0-9a-f]{8,}")


class Structure(HTMLParser):
    """The language, the headings, the landmarks and the text of an article."""

    def __init__(self, html: str):
        super().__init__()
        self.language = ""
        self.headings: list[int] = []
        self.landmarks: set[str] = set()
        self.unnamed_pictures = 0
        self.links_to: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "html":
            self.language = given.get("lang") or ""
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.landmarks.add(given.get("role") or tag)
        self.unnamed_pictures += tag == "img" and "alt" not in given
        if tag == "a" and "skip-to-content" in (given.get("class") or ""):
            self.links_to.add(given.get("href") or "")


def pages_of(site: Path) -> list[Path]:
    """The pages that Sphinx wrote; the page with the model is a file of its own."""
    apart = {site / "live", site / "try"}
    return [file for file in sorted(site.rglob("*.html")) if not apart & set(file.parents)]


def test_every_page_has_a_language_landmarks_and_a_way_past_the_sidebar(site):
    for file in pages_of(site):
        html = file.read_text(encoding="utf-8")
        found = Structure(html)
        assert found.language == "en", file
        assert {"main", "aside", "footer"} <= found.landmarks, file
        assert found.links_to == {"#furo-main-content"} and 'id="furo-main-content"' in html, file
        assert not found.unnamed_pictures, f"{file}: a picture without alt"


def test_headings_begin_with_one_title_and_leave_no_level_out(site):
    for file in pages_of(site):
        if file.name == "search.html":
            continue  # a script writes what is on it
        levels = Structure(file.read_text(encoding="utf-8")).headings
        assert levels[:1] == [1] and levels.count(1) == 1, f"{file}: {levels}"
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:])), file


def test_a_lesson_is_light_with_all_that_it_loads(site):
    for file in sorted((site / "notebooks").glob("*.html")):
        fetched = Page(file.read_text(encoding="utf-8")).fetched
        files = {file.parent / address.split("?")[0] for address in fetched if ":" not in address}
        loaded = [one for one in files if one.suffix != ".html" and one.name != ON_REQUEST]
        weight = sum(one.stat().st_size for one in [file, *loaded])
        assert weight < LESSON_BYTES, f"{file.name} has {weight:,} bytes"


def test_every_package_with_public_names_is_in_the_reference():
    inits = [*ROOT.glob("gptcore/*/__init__.py*"), ROOT / "viz" / "__init__.pyi"]
    offering = {
        file.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for file in inits
        if file.parent.name not in ("cli", "gguf", "formats") and "import" in file.read_text()
    }
    assert offering == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_reference_shows_no_internals(site, package):
    html = (site / "reference" / f"{package}.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", html[html.index("<article") : html.index("</article>")])
    assert not ADDRESS.search(text)
    assert not PRIVATE.findall(text)
    ids = [name for name in Page(html).ids if name.startswith(f"{package}.")]
    offered = {one.name for one in public_names(package)}
    assert {name.removeprefix(f"{package}.").split(".")[0] for name in ids} == offered
