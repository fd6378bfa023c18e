"""Reading on the site: the bar of a lesson, code that wraps, the way to the next lesson."""

import pytest

from course.site.cells import lesson_page, only_neighbours
from course.site.reading.code_lines import with_lines
from course.site.reading.lesson_bar import page_head
from course.syllabus.lesson_table import written_lessons

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
LESSONS = [lesson for lesson in written_lessons() if lesson.notebook.is_file()]
CODE_WIDER_THAN_ITS_BOX = """() => [...document.querySelectorAll('.highlight pre')]
    .filter((pre) => !pre.closest('.output') && pre.scrollWidth > pre.clientWidth + 1)
    .map((pre) => pre.textContent.slice(0, 60))"""
SELECTED = """() => {
    const box = [...document.querySelectorAll('.highlight-python pre')]
        .find((pre) => pre.textContent.includes('def softmax'));
    getSelection().selectAllChildren(box);
    return [getSelection().toString().trimEnd(), box.textContent.trimEnd()];
}"""


def block(code: str, classes: str = "highlight-python notranslate") -> str:
    return f'<div class="{classes}"><div class="highlight"><pre><span></span>{code}</pre></div>'


def test_each_line_of_code_knows_its_indentation():
    made = with_lines(block('<span class="k">if</span> a:\n\n    b\n'))
    assert '<span class="line"><span class="k">if</span> a:</span>\n\n' in made
    assert '<span class="line" style="--in:4">    b</span>\n</pre>' in made


def test_an_output_keeps_its_columns():
    text = block("a  b\n1  2\n", "output highlight-text notranslate")
    assert with_lines(text) == text


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_head_of_the_page_says_all_that_the_head_of_the_notebook_says(lesson):
    head = page_head(lesson)
    for part in (lesson.title, lesson.build, lesson.able, lesson.needs, lesson.downloads):
        assert part in head
    for part in (f"{lesson.minutes} minutes", f"{lesson.seconds} s", f"{lesson.memory_mb} MB"):
        assert part in head
    page = lesson_page(lesson, head)
    assert page.count("colab.research") == page.count("mybinder.org") == 1
    assert page.count(f"# {lesson.number} · ") == 1 and "Nothing to install" not in page


def test_only_a_lesson_that_runs_in_a_page_leads_to_it():
    by_name = {lesson.name: lesson for lesson in LESSONS}
    for name, expected in (("00_start_here", True), ("09_full_gpt", False)):
        assert ("in this browser" in page_head(by_name[name], with_page=True)) == expected
        assert "in this browser" not in page_head(by_name[name])


def test_cells_with_links_to_neighbours_are_found():
    assert only_neighbours("[← 0 · a](00_a.ipynb) | [2 · b: c? →](02_b.ipynb)")
    assert only_neighbours("[1 · b →](01_b.ipynb)\n")
    assert not only_neighbours("See [lesson 1](01_b.ipynb).")


def test_the_neighbours_are_below_the_page_with_their_questions(site):
    for lesson, after in zip(LESSONS, LESSONS[1:]):
        page = (site / "notebooks" / f"{lesson.name}.html").read_text(encoding="utf-8")
        _, _, end = page.partition('class="next-page"')
        assert f"{after.number} · {after.title}" in end
    assert 'class="next-page"' not in page_of(site, LESSONS[-1])


def page_of(site, lesson) -> str:
    return (site / "notebooks" / f"{lesson.name}.html").read_text(encoding="utf-8")


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_code_does_not_scroll_sideways(chromium, site, viewport):
    page = chromium.new_context(viewport=viewport).new_page()
    for name in ("notebooks/06_attention_heads", "docs/command_line", "reference/viz"):
        page.goto((site / f"{name}.html").as_uri())
        assert page.evaluate(CODE_WIDER_THAN_ITS_BOX) == [], name


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_copy_of_wrapped_code_is_the_code(chromium, site, viewport):
    page = chromium.new_context(viewport=viewport).new_page()
    page.goto((site / "notebooks/06_attention_heads.html").as_uri())
    selected, code = page.evaluate(SELECTED)
    assert selected == code


@pytest.mark.browser
def test_a_line_of_a_hundred_letters_fits_the_desk(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "notebooks/06_attention_heads.html").as_uri())
    inside = """() => { const pre = document.querySelector('.cell .highlight-python pre');
        const probe = document.createElement('span'); probe.textContent = 'm'.repeat(100);
        pre.append(probe); const style = getComputedStyle(pre);
        return [probe.getBoundingClientRect().width,
            pre.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)]; }"""
    line, room = page.evaluate(inside)
    assert 700 < line <= room
