"""Embeddings that move, in a page without a kernel: they play, and the keys go step by step."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from viz import draw_embedding_training

pytestmark = pytest.mark.browser
FRAMES = {10 * k: [[k / 5, 1], [-k / 5, -1], [0.1, 0.2]] for k in range(11)}


@pytest.fixture(params=["no-preference", "reduce"])
def motion(request):
    return request.param


@pytest.fixture
def page(browser, tmp_path, motion):
    losses = {step: 3.3 - step / 200 for step in FRAMES}
    picture = draw_embedding_training(FRAMES, "abc", ["v", "c", "c"], losses=losses, title="Film")
    address = picture.save(tmp_path / "film.html").as_uri()
    page = browser.new_page(viewport={"width": 1280, "height": 800}, reduced_motion=motion)
    errors = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto(address)
    yield page
    assert not errors
    page.close()


def test_it_plays_once_and_stays_at_its_end_if_reduced_motion_is_set(page, motion):
    label = page.locator("output")
    if motion == "no-preference":
        page.get_by_role("button", name="pause").wait_for()
    page.wait_for_function(
        "document.querySelector('.viz-embedding-training').shadowRoot"
        ".querySelector('output').textContent === 'step 100, loss 2.80'",
        timeout=30_000,
    )
    page.get_by_role("button", name="play").wait_for()
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    assert label.text_content() == "step 90, loss 2.85"
    assert re.fullmatch(r"M[\d. L]+", page.locator("path").first.get_attribute("d"))


def test_axe_finds_nothing_serious(page):
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    assert not [one["id"] for one in found if one["impact"] in ("serious", "critical")]
