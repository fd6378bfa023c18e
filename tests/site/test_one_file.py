"""A lesson as one HTML file: it asks for nothing but itself, and its questions are judged."""

import shutil

import pytest

pytest.importorskip("sphinx", reason="no Sphinx: pip install sphinx")

from course.site.__main__ import main
from course.site.broken_links import Page
from course.site.reading.one_file import in_one_file, lesson_numbered

A4 = {"width": 680, "height": 1000}  # pixels between the margins
PHONE = {"width": 390, "height": 844}
PAGE = """<head><link rel="stylesheet" href="a.css?v=1"><style>b {}</style>
<script src="furo.js"></script></head><body>
<article role="main" id="x"><img alt="" src="p.png"> <a href="03_scalar_autograd.html#part">3</a>
<script type="application/json" class="plotly-figure">{}</script></article>
<script src="quiz.js?v=2"></script></body>"""


@pytest.fixture(scope="module")
def lesson_file(tmp_path_factory):
    """Lesson 2, whose surface can be rotated on the site."""
    out = tmp_path_factory.mktemp("one") / "lesson.html"
    assert main(["--lesson", "2", "--out", str(out)]) == 0
    return out


def test_all_that_a_page_loads_moves_inside(tmp_path):
    (tmp_path / "a.css").write_text("a {}")
    (tmp_path / "quiz.js").write_text("const end = '</script>';")
    (tmp_path / "p.png").write_bytes(b"\x89PNG")
    made = in_one_file(PAGE, tmp_path, "a < b")
    assert [address[:22] for address in Page(made).fetched] == ["data:image/png;base64,"]
    for part in ("<style>a {}</style>", "<style>b {}</style>", r"'<\/script>'", "a &lt; b</title>"):
        assert part in made
    assert "furo.js" not in made and "plotly-figure" not in made
    assert "/notebooks/03_scalar_autograd.ipynb#part" in made


def test_no_lesson_of_that_number():
    with pytest.raises(SystemExit, match="There is no lesson 40: take one of 0 to 16"):
        lesson_numbered(40)


def test_a_pdf_is_made_of_one_lesson_only(capsys):
    with pytest.raises(SystemExit):
        main(["--pdf"])
    assert "add --lesson N" in capsys.readouterr().err


@pytest.mark.browser
def test_it_asks_for_nothing_but_itself_and_judges_a_guess(chromium, lesson_file):
    page = chromium.new_context(viewport=PHONE).new_page()
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(lesson_file.as_uri())
    first = page.locator(".quiz").first
    first.get_by_label("C", exact=True).check()
    first.get_by_role("button", name="Answer").click()
    first.locator(".reply.right").wait_for()
    assert page.locator(".copy").count() > 5
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    elsewhere = [url for url in requested if not url.startswith(("data:", "blob:"))]
    assert elsewhere == [lesson_file.as_uri()] and not complaints
    page.emulate_media(media="print")
    page.set_viewport_size(A4)
    assert page.evaluate("document.documentElement.scrollWidth") <= A4["width"]


@pytest.mark.browser
def test_it_is_printed_as_a_pdf_of_several_pages(tmp_path):
    if shutil.which("chromium") is None:
        pytest.skip("no Chromium: apt install chromium")
    out = tmp_path / "lesson.html"
    assert main(["--lesson", "8", "--out", str(out), "--pdf"]) == 0
    pdf = out.with_suffix(".pdf").read_bytes()
    assert pdf.startswith(b"%PDF") and pdf.count(b"/Type /Page\n") > 3
