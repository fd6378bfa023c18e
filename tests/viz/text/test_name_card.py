"""A card of names: each name is on it, copies are marked, and the alt text says both."""

import re

import pytest
from matplotlib.figure import Figure

from viz import draw_name_card
from viz.text.name_card import HEIGHT, MAX_NAMES, WIDTH

NAMES = ["mira", "anna", "tolan", "sefi"]


def texts_of(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_every_name_the_title_and_the_note_are_on_the_card():
    svg = draw_name_card(NAMES, "New names", note="made today").to_svg()
    assert {*NAMES, "New names", "made today"} == set(texts_of(svg))
    assert f'viewBox="0 0 {WIDTH} {HEIGHT}"' in svg


def test_a_name_of_the_training_data_is_marked_and_said_in_the_alt_text():
    picture = draw_name_card(NAMES, "New names", known={"anna", "emma"})
    assert picture.data == {"names": NAMES, "known": ["anna"]}
    assert picture.alt == "New names: mira, anna, tolan, sefi. In the training data: anna."
    assert picture.to_svg().count("<circle") == 2  # the mark, and its legend
    assert "in the training data" in texts_of(picture.to_svg())
    assert "<circle" not in draw_name_card(NAMES, known={"emma"}).to_svg()


@pytest.mark.parametrize("number", range(1, MAX_NAMES + 1))
def test_names_do_not_overlap_and_stay_on_the_card(number):
    scene = draw_name_card([f"name{i:02}" for i in range(number)], "Title").scene
    places = [(s.x, s.y) for s in scene.shapes if getattr(s, "text", "").startswith("name")]
    assert len(set(places)) == number
    for x, y in places:
        assert 0 < x < WIDTH - 200 or number < 3
        assert 70 < y < HEIGHT - 46
        assert not [(a, b) for a, b in places if a == x and 0 < abs(b - y) < 26]


def test_empty_names_are_left_out_and_long_or_dangerous_ones_are_safe():
    picture = draw_name_card(["", " ", "<b>&", "x" * 40], "<script>")
    assert picture.data["names"] == ["<b>&", "x" * 40]
    assert "<script" not in picture.to_svg() and "&lt;b&gt;&amp;" in picture.to_svg()
    assert "x" * 13 + "…" in texts_of(picture.to_svg())


@pytest.mark.parametrize("names", [[], [""], ["a"] * (MAX_NAMES + 1)])
def test_a_card_needs_one_to_fifteen_names(names):
    with pytest.raises(ValueError, match="1 to 15 names"):
        draw_name_card(names)


def test_one_string_is_no_list_of_names():
    with pytest.raises(ValueError, match="must be a list of names"):
        draw_name_card("mira")


def test_it_is_saved_as_svg_and_as_png_and_drawn_on_axes(tmp_path):
    picture = draw_name_card(NAMES, "New names")
    assert picture.save(tmp_path / "card.svg").read_text().startswith("<svg")
    assert picture.save(tmp_path / "card.png").read_bytes().startswith(b"\x89PNG")
    ax = Figure().add_subplot()
    assert draw_name_card(NAMES, ax=ax) is ax
