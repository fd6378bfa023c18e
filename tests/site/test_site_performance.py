"""How fast a page is there, and whether it stays where it is, by the browser's own entries."""

import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
SAMPLE = ["index", "notebooks/02_gradient_descent", "notebooks/11_will_it_fit", "docs/own_gpt"]
SECONDS = 1  # on an idle machine
BUSY = 6  # times slower, where tests run beside each other
MAX_LAYOUT_SHIFT = 0.1
ENTRIES = """() => new Promise((done) => {
    let paint = 0, shift = 0;
    const watch = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each))
        .observe({ type, buffered: true });
    watch('largest-contentful-paint', (entry) => { paint = Math.max(paint, entry.startTime); });
    watch('layout-shift', (entry) => { if (!entry.hadRecentInput) shift += entry.value; });
    const { domContentLoadedEventEnd } = performance.getEntriesByType('navigation')[0];
    setTimeout(() => done([domContentLoadedEventEnd, paint, shift]), 300);
})"""


@pytest.fixture(scope="module")
def pages(site) -> list[Path]:
    if os.environ.get("SITE_PAGES") == "all":
        return sorted(site.rglob("*.html"))
    return [site / f"{name}.html" for name in SAMPLE]


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_a_page_does_not_move_while_it_loads(chromium, pages, viewport):
    page = chromium.new_context(viewport=viewport).new_page()
    for file in pages:
        page.goto(file.as_uri())
        _, _, shift = page.evaluate(ENTRIES)
        assert shift < MAX_LAYOUT_SHIFT, f"{file.name}: {shift:.3f}"


def test_a_page_is_there_at_once(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "index.html").as_uri())
    loaded, paint, _ = page.evaluate(ENTRIES)
    assert loaded < BUSY * SECONDS * 1000 and 0 < paint < BUSY * SECONDS * 1000


def test_what_has_the_focus_is_marked(chromium, site):
    page = chromium.new_context(viewport=DESK).new_page()
    page.goto((site / "notebooks/02_gradient_descent.html").as_uri())
    marked = """() => { const box = document.activeElement, style = getComputedStyle(box);
        return [box.className, style.outlineStyle !== 'none' || style.boxShadow !== 'none']; }"""
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        name, visible = page.evaluate(marked)
        reached.append(name)
        assert visible, f"{name} has the focus, and nothing shows it"
    assert "skip-to-content" in " ".join(reached[:3])
    page.locator(".skip-to-content").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")  # past the sidebar, into the lesson
    assert page.evaluate("!!document.activeElement.closest('article')")
