"""What the built site has, read from its files."""

import json
import re

import pytest

from course.site.broken_links import Page, broken_links
from course.site.dials import NARROW_FORM
from course.site.layout import lay_out
from course.site.public import PACKAGES, ROOT, public_names
from course.syllabus.lesson_table import written_lessons
from viz.canvas.picture import DIAL

STORED = [lesson for lesson in written_lessons() if lesson.notebook.is_file()]


def html_of(site, name: str) -> str:
    return (site / f"{name}.html").read_text(encoding="utf-8")


def stored_outputs(lesson) -> list[dict]:
    cells = json.loads(lesson.notebook.read_text(encoding="utf-8"))["cells"]
    return [output for cell in cells for output in cell.get("outputs", [])]


@pytest.mark.parametrize("lesson", STORED, ids=lambda lesson: lesson.name)
def test_a_lesson_has_every_picture_that_is_stored(site, lesson):
    page = html_of(site, f"notebooks/{lesson.name}")
    pictures = [picture_of(output) for output in stored_outputs(lesson) if is_html(output)]
    images = [image for picture in pictures for image in re.findall(r"base64,([\w+/=]+)", picture)]
    assert all(image in page for image in images)
    scripts = [script for picture in pictures for script in re.findall("<script", picture)]
    assert page.count("<script>(()") >= len(scripts)  # what answers to the mouse still does


def picture_of(output: dict) -> str:
    """The stored HTML, as a page shows it: a dial draws its narrow form itself."""
    html = "".join(output["data"]["text/html"])
    return NARROW_FORM.sub("", html) if DIAL in output["data"] else html


def is_html(output: dict) -> bool:
    return "text/html" in output.get("data", {})


@pytest.mark.parametrize("lesson", STORED, ids=lambda lesson: lesson.name)
def test_a_lesson_leads_to_its_neighbours_and_to_a_place_where_it_runs(site, lesson):
    links = Page(html_of(site, f"notebooks/{lesson.name}")).links
    for neighbour in STORED:
        if abs(neighbour.number - lesson.number) == 1:
            assert f"{neighbour.name}.html" in links
    assert any("colab" in link for link in links) and any("mybinder" in link for link in links)
    elsewhere = [link for link in links if "://" in link or "?path=" in link]
    assert not any(link.endswith(".ipynb") for link in set(links) - set(elsewhere))


def test_the_guides_of_the_repository_are_pages(site):
    first = Page(html_of(site, "index")).links
    for guide in (ROOT / "docs").glob("*.md"):
        assert f"docs/{guide.stem}.html" in first
        assert "<h1>" in html_of(site, f"docs/{guide.stem}")


def test_the_reference_has_every_public_name(site):
    for package in PACKAGES:
        ids = Page(html_of(site, f"reference/{package}")).ids
        assert {f"{package}.{one.name}" for one in public_names(package)} <= set(ids)


def test_a_type_leads_to_its_own_package_only(site):
    """`gptcore.model` has a MemoryEstimate that is not public; gptcore.training has another."""
    links = Page(html_of(site, "reference/gptcore.model")).links
    assert "#gptcore.model.GPTConfig" in links
    assert not any("gptcore.training#" in link or "MemoryEstimate" in link for link in links)


def test_the_search_knows_the_lessons_and_the_reference(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    for name in ("notebooks/00_start_here", "reference/viz", "tokenizers", "draw_attention"):
        assert name in index


def test_a_formula_is_drawn_by_the_browser_itself(tmp_path):
    build = pytest.importorskip("sphinx.cmd.build", reason="no Sphinx: pip install sphinx")
    (tmp_path / "index.md").write_text("# a\n\nThe share $e^{x_i}$ of\n\n$$\\sum_j e^{x_j}$$\n")
    settings = "extensions = ['myst_parser', 'course.site.formulas']\n"
    settings += "myst_enable_extensions = ['dollarmath']\nhtml_math_renderer = 'mathml'\n"
    (tmp_path / "conf.py").write_text(settings)
    assert build.build_main(["-q", "-W", str(tmp_path), str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert page.count("<math") == 2 and "<msup>" in page and "MathJax" not in page


def test_the_checker_of_links_sees_what_is_broken(tmp_path):
    (tmp_path / "a.html").write_text(
        '<p id="x"></p><p id="x"></p><a href="b.html">b</a> <a href="a.html#y">y</a> '
        '<script src="https://elsewhere.example/a.js"></script> <a href="a.html#x">good</a>'
    )
    assert broken_links(tmp_path) == [
        "a.html: the id 'x' twice",
        "a.html: https://elsewhere.example/a.js comes from elsewhere",
        "a.html: b.html leads nowhere",
        "a.html: a.html#y: the page is there, that place is not",
    ]


@pytest.mark.parametrize("with_page", [True, False])
def test_the_first_page_leads_to_the_one_in_which_python_runs_if_it_is_there(tmp_path, with_page):
    lay_out(tmp_path, with_page)
    first = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert ('<a href="try/index.html">run lessons 0 to 4 in this browser</a>' in first) == with_page


def test_what_is_not_ours_to_check_may_be_led_to(tmp_path):
    (tmp_path / "index.html").write_text('<a href="try/index.html">run it</a>')
    (tmp_path / "try").mkdir()
    (tmp_path / "try" / "index.html").write_text('<a href="nowhere.html">theirs</a>')
    assert broken_links(tmp_path, apart=tmp_path / "try") == []
    assert len(broken_links(tmp_path)) == 1
