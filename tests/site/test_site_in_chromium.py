"""The built site in a real browser: on a phone, in both themes, without scripts, without a network.

By default a page of each kind; SITE_PAGES=all looks at every page.
"""

import importlib.util
import os
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser
SAMPLE = [
    "index",
    "notebooks/02_gradient_descent",
    "notebooks/06_attention_heads",
    "course/pages/glossary",
    "reference/gptcore.sampling",
    "search",
]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
A4 = {"width": 680, "height": 1000}  # pixels between the margins
EVERYTHING = os.environ.get("SITE_PAGES") == "all"
LOOKS = [(DESK, "light"), (PHONE, "dark")]
LOOKS += [(DESK, "dark"), (PHONE, "light")] if EVERYTHING else []


@pytest.fixture(scope="module")
def pages(site) -> list[Path]:
    everything = sorted(site.rglob("*.html"))
    chosen = [site / f"{name}.html" for name in SAMPLE]
    return everything if EVERYTHING else chosen


def opened(chromium, file: Path, **options):
    page = chromium.new_context(**options).new_page()
    page.goto(file.as_uri())
    return page


def test_nothing_scrolls_sideways_on_a_phone(chromium, pages):
    page = chromium.new_context(viewport=PHONE).new_page()
    for file in pages:
        page.goto(file.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{file.name} is {width} pixels wide"


def test_no_page_asks_anybody_else_or_complains(chromium, pages):
    page = chromium.new_context(viewport=DESK).new_page()
    requested, complaints = [], []
    page.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda text: complaints.append(text.text) if text.type == "error" else None)
    for file in pages:
        page.goto(file.as_uri())
    elsewhere = [url for url in requested if not url.startswith(("file:", "data:", "blob:"))]
    assert not elsewhere and not complaints


def test_the_dark_page_is_dark_and_the_button_turns_it(chromium, site):
    page = opened(chromium, site / "index.html", viewport=DESK, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(paper)
    page.locator(".theme-toggle:visible").first.click()  # from the system's choice to light
    light = page.evaluate(paper)
    page.locator(".theme-toggle:visible").first.click()
    assert light != dark == page.evaluate(paper)


def test_without_scripts_every_picture_is_there(chromium, site):
    page = opened(
        chromium,
        site / "notebooks/06_attention_heads.html",
        viewport=DESK,
        java_script_enabled=False,
    )
    boxes = page.locator(".picture img")
    assert boxes.count() >= 4
    widths = [boxes.nth(n).bounding_box() for n in range(boxes.count())]
    assert all(box is None or not box["width"] or box["width"] > 200 for box in widths), widths


def test_a_picture_that_answers_to_the_mouse_does(chromium, site):
    page = opened(chromium, site / "notebooks/06_attention_heads.html", viewport=DESK)
    page.wait_for_selector(".viz-open")
    assert page.locator(".viz-open").count() >= 2


def test_the_valley_can_be_turned(chromium, site):
    if importlib.util.find_spec("plotly") is None:
        pytest.skip("plotly is not installed, so the site was built without it")
    page = opened(chromium, site / "notebooks/02_gradient_descent.html", viewport=DESK)
    page.get_by_role("button", name="Turn it").click()
    page.wait_for_selector(".js-plotly-plot .gl-container, .js-plotly-plot .main-svg")


def test_the_search_finds_a_word(chromium, site):
    page = opened(chromium, site / "search.html", viewport=DESK)
    page.goto((site / "search.html").as_uri() + "?q=tokenizer")
    page.wait_for_selector("#search-results li a")
    assert page.locator("#search-results li").count() > 3


@pytest.mark.parametrize(("viewport", "theme"), LOOKS)
def test_axe_finds_nothing_serious(chromium, pages, viewport, theme):
    found = importlib.util.find_spec("axe_playwright_python")
    if found is None or found.origin is None:
        pytest.skip("no axe-core: pip install axe-playwright-python")
    axe = (Path(found.origin).parent / "axe.min.js").read_text(encoding="utf-8")
    page = chromium.new_context(viewport=viewport, color_scheme=theme).new_page()
    for file in pages:
        page.goto(file.as_uri())
        page.evaluate(axe)
        result = page.evaluate("axe.run({resultTypes: ['violations']})")
        serious = [one for one in result["violations"] if one["impact"] in ("serious", "critical")]
        assert not serious, f"{file.name}: {[(one['id'], one['help']) for one in serious]}"


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_on_the_first_page_a_model_invents_names(chromium, site, viewport):
    page = opened(chromium, site / "index.html", viewport=viewport)
    frame = page.frame_locator("iframe.live")
    frame.get_by_role("button", name="Generate").click()
    frame.get_by_text("12 samples").wait_for()  # "12 samples. 85 tokens in 0.2 s."
    box = page.locator("iframe.live").bounding_box()
    assert box["y"] + box["height"] < (1100 if viewport is PHONE else viewport["height"])


def test_the_gallery_fits_a_phone_and_its_code_is_copied_with_the_keys(chromium, site):
    context = chromium.new_context(viewport=PHONE)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto((site / "gallery.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert all(url.startswith(("file:", "data:", "blob:")) for url in requested)
    page.locator(".highlight-pycon", has_text="draw_backward").locator(".copy").first.focus()
    page.keyboard.press("Enter")
    page.get_by_role("status").get_by_text("The code is copied.").wait_for()
    expected = 'a = Value(2.0)\ndraw_backward(a * a, names={a: "a"}, step=3)'
    assert page.evaluate("navigator.clipboard.readText()") == expected  # no >>>, no result


def test_code_has_a_button_that_copies_it_and_an_output_has_none(chromium, site):
    page = opened(chromium, site / "notebooks/02_gradient_descent.html", viewport=DESK)
    code, output = page.locator(".highlight-python"), page.locator(".highlight-text.output")
    assert code.locator(".copy").count() == code.count() > 5
    assert output.count() > 5 and output.locator(".copy").count() == 0


def test_on_paper_a_lesson_has_whole_pictures_and_lines_to_write_on(chromium, site):
    page = opened(chromium, site / "notebooks/02_gradient_descent.html", viewport=A4)
    page.emulate_media(media="print", color_scheme="dark")
    for hidden in (".sidebar-drawer", ".copy", ".quiz button", "details:not([open])"):
        assert page.locator(hidden).count()
        assert not page.locator(hidden).first.is_visible()
    cut_off = (
        "[...document.querySelectorAll('.picture')].filter(b => b.scrollWidth > b.clientWidth)"
    )
    assert page.evaluate(f"{cut_off}.length") == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    field = "getComputedStyle(document.querySelector('.quiz input[type=text]'))"
    assert page.evaluate(f"[{field}.borderTopWidth, {field}.borderBottomStyle]") == ["0px", "solid"]
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
