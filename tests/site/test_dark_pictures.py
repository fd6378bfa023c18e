"""The style sheet of the site on a dark page: pictures are inverted once, prints stay light."""

from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "course/site/static/site.css"
PAGE = """<style>{css}</style><body data-theme="{theme}">
<div class="output picture"><picture><img id="svg" class="viz-adapts"></picture></div>
<div class="output picture"><div id="html" class="viz-adapts"><p id="inside">words</p></div></div>
<div class="output picture"><img id="png" src="data:image/png;base64,AAAA"></div>"""
FILTERS = """() => ["svg", "html", "inside", "png"].filter(
  (id) => getComputedStyle(document.getElementById(id)).filter !== "none")"""
INVERTED = ["svg", "html"]


@pytest.mark.parametrize(
    "theme, system, media, inverted",
    [
        ("auto", "dark", "screen", INVERTED),
        ("auto", "light", "screen", []),
        ("dark", "light", "screen", INVERTED),
        ("light", "dark", "screen", []),
        ("dark", "dark", "print", []),
    ],
)
def test_pictures_are_inverted_where_the_page_is_dark(chromium, theme, system, media, inverted):
    page = chromium.new_page(color_scheme=system)
    page.emulate_media(media=media, color_scheme=system)
    page.set_content(PAGE.format(css=CSS.read_text(encoding="utf-8"), theme=theme))
    assert page.evaluate(FILTERS) == inverted
    page.close()
