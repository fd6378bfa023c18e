"""The gallery of `viz`: each public name has its place, and the picture of its own example."""

import re
from dataclasses import replace

import pytest

from course.site.broken_links import Page
from course.site.gallery import page as gallery
from course.site.gallery.examples import picture_of
from course.site.public import parts_of, public_names

pytest.importorskip("torch", reason="the example of draw_shapes needs PyTorch")
NAMES = {one.name: one for one in public_names("viz")}
DRAW_NOTHING = {"ModelStage", "all_nodes", "count_paths"}
MOST_BYTES = 2_000_000


@pytest.fixture(scope="module")
def html(site) -> str:
    return (site / "gallery.html").read_text(encoding="utf-8")


def with_example(name: str, example: str):
    return replace(NAMES[name], doc=parts_of(f"Draw it.\n\nExample:\n    {example}"))


def test_the_page_has_every_public_name_and_leads_to_its_entry_in_the_reference(html):
    links = set(Page(html).links)
    headings = re.findall(r'<h3><code[^>]*><span class="pre">(\w+)</span>', html)
    assert sorted(headings) == sorted(NAMES)
    assert {f"reference/viz.html#viz.{name}" for name in NAMES} <= links


def test_a_name_of_a_new_room_is_on_the_page_too(monkeypatch):
    new = replace(NAMES["draw_loss"], name="draw_new", module="viz.new_room.new")
    monkeypatch.setattr(gallery, "public_names", lambda package: [*NAMES.values(), new])
    assert list(gallery.names_by_room())[-1] == "new_room"
    assert gallery.names_by_room()["new_room"] == [new]


def test_every_example_makes_its_picture_but_those_of_three_helpers(html):
    without = {
        heading[1]
        for heading in re.finditer(r'<h3><code[^>]*><span class="pre">(\w+)', html)
        if "picture" not in html[heading.end() :].partition("<h3>")[0]
    }
    assert without == DRAW_NOTHING
    assert html.count("This example draws nothing.") == len(DRAW_NOTHING)


def test_the_picture_is_that_of_the_example_and_the_same_each_time():
    drawn = picture_of(NAMES["draw_loss"])
    assert drawn.alt == "Loss: train from 3.3 to 2.7 in 3 steps."
    assert drawn.to_html() == picture_of(NAMES["draw_loss"]).to_html()


@pytest.mark.parametrize(
    ("name", "example", "alt"),
    [
        (
            "draw_loss",
            '>>> draw_loss({"a": [3, 2]}).data["a"][1]',
            "Loss: a from 3 to 2 in 2 steps.",
        ),
        ("draw_loss", 'draw_loss({"a": [3, 1]}) -> None', "Loss: a from 3 to 1 in 2 steps."),
        ("LossPlot", ">>> LossPlot('t').title", None),
    ],
    ids=["its data", "its value", "no picture"],
)
def test_a_picture_is_found_whatever_the_example_ends_with(name, example, alt):
    drawn = picture_of(with_example(name, example))
    assert (drawn.alt if drawn else None) == alt


def test_an_example_without_pytorch_has_no_picture_and_any_other_fault_stops_the_build():
    missing = ">>> raise ModuleNotFoundError('No torch', name='torch')"
    assert picture_of(with_example("draw_loss", missing)) is None
    with pytest.raises(NameError):
        picture_of(with_example("draw_loss", ">>> nobody_knows(1)"))


def test_the_gallery_is_light_and_the_first_page_leads_to_it(site, html):
    assert (site / "gallery.html").stat().st_size < MOST_BYTES
    assert "gallery.html" in Page((site / "index.html").read_text(encoding="utf-8")).links
