"""Samples at several steps: the picture and the player."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz.canvas.control import STATIC_NOTE
from viz.canvas.palette import GOLD
from viz.training.samples import MAX_ROWS, draw_samples
from viz.training.samples_player import SamplesPlayer

SAMPLES = {0: ["qxv", "anna", "zz"], 100: ["mari", "anna"], 1000: ["anna", "emma", "mari", "bo"]}
KNOWN = {"anna", "emma"}
NS = "{http://www.w3.org/2000/svg}"


def texts_of(svg: str) -> list[str]:
    return [element.text for element in ET.fromstring(svg).iter(f"{NS}text")]


def shown_by(player: SamplesPlayer) -> list[str]:
    found = re.search(r"svg\+xml;base64,([^\"]+)", player.screen.value)
    return texts_of(base64.b64decode(found[1]).decode())


def test_every_text_is_below_its_step():
    picture = draw_samples(SAMPLES, KNOWN, title="From noise to names")
    root = ET.fromstring(picture.to_svg())
    x_of = {}
    for element in root.iter(f"{NS}text"):
        x_of.setdefault(element.get("x"), []).append(element.text)
    columns = [column for column in x_of.values() if column[0].startswith("step")]
    assert columns == [[f"step {step:,}", *texts] for step, texts in SAMPLES.items()]
    assert picture.data == SAMPLES
    assert "From noise to names" in texts_of(picture.to_svg())


def test_exactly_the_known_texts_are_marked():
    svg = draw_samples(SAMPLES, KNOWN).to_svg()
    known = sum(text in KNOWN for texts in SAMPLES.values() for text in texts)
    assert svg.count("<circle") == known + 1  # and one in the key
    for element in ET.fromstring(svg).iter(f"{NS}text"):
        if any(element.text in texts for texts in SAMPLES.values()):
            assert (element.get("fill") == GOLD) == (element.text in KNOWN)


def test_the_alt_text_counts_what_is_drawn():
    alt = draw_samples(SAMPLES, KNOWN, rows=2, known_label="known").alt
    assert alt.startswith("Samples at 3 steps; ")
    assert "step 0: qxv, anna ... (1 of 2: known)" in alt
    assert "step 1,000: anna, emma ... (2 of 2: known)" in alt


def test_long_empty_and_many_texts_fit():
    samples = {0: ["x" * 40, ""], 5: [str(i) for i in range(100)]}
    picture = draw_samples(samples, rows=1000)
    texts = texts_of(picture.to_svg())
    assert "x" * 16 + "…" in texts
    assert "(nothing)" in texts
    assert len(picture.data[5]) == MAX_ROWS
    height = picture.scene.height
    assert all(
        float(e.get("y")) < height for e in ET.fromstring(picture.to_svg()).iter(f"{NS}text")
    )


def test_line_ends_are_visible():
    (text,) = [t for t in texts_of(draw_samples({0: ["so\nit"]}).to_svg()) if t.startswith("so")]
    assert len(text.split()) == 1, "a line end looks like a space"


def test_markup_in_a_text_is_escaped():
    picture = draw_samples({0: ["<script>a"]}, title="<script>b", known_label="<script>c")
    assert "<script" not in picture.to_svg() + picture.to_html()
    assert {"<script>a", "<script>b", "<script>c"} <= set(texts_of(picture.to_svg()))


@pytest.mark.parametrize("samples", [{}, {0: []}, {0: [], 5: []}])
def test_samples_without_texts_are_refused_with_an_example_that_works(samples):
    match = re.escape(f"samples has {len(samples)} steps and no texts: give it as {{0: ['qxv']")
    for draw in (draw_samples, SamplesPlayer):
        with pytest.raises(ValueError, match=match):
            draw(samples)
        draw({0: ["qxv"], 100: ["mari", "anna"]})


def test_less_than_one_row_is_refused():
    with pytest.raises(ValueError, match="rows=0 must be a whole number, 1 or more"):
        draw_samples(SAMPLES, rows=0)
    draw_samples(SAMPLES, rows=1)


def test_matplotlib_draws_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_samples(SAMPLES, KNOWN, ax=ax) is ax
    assert {text.get_text() for text in ax.texts} >= {"qxv", "mari", "emma", "step 1,000"}


def test_every_step_shows_its_texts_beside_those_of_the_last_step():
    player = SamplesPlayer(SAMPLES, KNOWN)
    for step in SAMPLES:
        player.step.value = step
        heads = [text for text in shown_by(player) if text.startswith("step")]
        assert heads == [f"step {s:,}" for s in dict.fromkeys([step, 1000])]
        assert set(SAMPLES[step]) <= set(shown_by(player))


def test_the_slider_for_the_number_goes_from_one_text_to_all():
    player = SamplesPlayer(SAMPLES, KNOWN)
    player.rows.value = player.rows.min
    assert "qxv" in shown_by(player)
    assert not {"zz", "bo"} & set(shown_by(player))
    player.rows.value = player.rows.max
    assert {"qxv", "zz", "bo"} <= set(shown_by(player))
    assert player.rows.max == 4


def test_a_step_may_have_no_texts():
    player = SamplesPlayer({0: [], 10: ["anna"], 20: []})
    for step in (0, 10, 20):
        player.step.value = step
        assert f"step {step}" in shown_by(player)


def test_the_still_picture_and_its_text_never_change(tmp_path):
    player = SamplesPlayer(SAMPLES, KNOWN)
    before = player._repr_mimebundle_()
    player.step.value, player.rows.value = 1000, 1
    after = player._repr_mimebundle_()
    assert before["text/plain"] == after["text/plain"] == repr(player)
    assert before["text/html"] == draw_samples(SAMPLES, KNOWN).to_html() + STATIC_NOTE
    assert before["text/html"] == after["text/html"]
    view = after["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == player.live.model_id
    saved = player.save(tmp_path / "now.svg").read_text(encoding="utf-8")
    assert texts_of(saved) == shown_by(player)


def test_one_step_with_one_text_is_enough():
    player = SamplesPlayer({7: ["bo"]})
    assert "bo" in shown_by(player)
