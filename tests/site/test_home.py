"""The first page: what it is, in one screen; what a preview shows; how much it loads."""

import re

import pytest

from course.site.broken_links import Page
from course.site.layout import lay_out
from course.site.reading.preview_card import SIZE
from course.syllabus.repository import our_repository
from viz.canvas.bitmap import png_size

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}
FIRST_PAGE_BYTES = 1_000_000
META = re.compile(r'<meta content="([^"]*)" (?:name|property)="([^"]*)"')


def test_a_preview_has_a_title_a_description_and_a_picture(site):
    page = (site / "index.html").read_text(encoding="utf-8")
    meta = {name: content for content, name in META.findall(page)}
    assert meta["description"] and meta["og:title"] and meta["og:description"]
    assert meta["twitter:card"] == "summary_large_image"
    picture = meta["og:image"].removeprefix(our_repository().pages + "/")
    assert png_size((site / picture).read_bytes()) == SIZE == (1200, 630)
    assert (site / picture).stat().st_size < 200_000
    assert "favicon.svg" in page


def test_the_address_of_the_site_can_be_another(tmp_path):
    lay_out(tmp_path, address="https://school.example/gpt/")
    first = (tmp_path / "index.md").read_text(encoding="utf-8")
    assert '"https://school.example/gpt/card.png"' in first and "<!-- " not in first


def test_all_that_the_first_page_loads_is_light(site):
    fetched = Page((site / "index.html").read_text(encoding="utf-8")).fetched
    files = {site / address.split("?")[0] for address in fetched if ":" not in address}
    assert any(file.name == "names.html" for file in files)  # the model counts, too
    assert sum(file.stat().st_size for file in {site / "index.html", *files}) < FIRST_PAGE_BYTES


@pytest.mark.browser
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_names_that_a_model_invents_are_in_the_first_screen(chromium, site, viewport):
    page = chromium.new_context(viewport=viewport).new_page()
    page.goto((site / "index.html").as_uri())
    frame = page.frame_locator("iframe.live")
    frame.get_by_text("12 samples").wait_for()  # without a click
    box = frame.get_by_text("12 samples").bounding_box()
    assert box["y"] + box["height"] + 100 < viewport["height"]  # and a line of names below it
    assert page.locator(".begin a").first.bounding_box()["y"] < box["y"]
