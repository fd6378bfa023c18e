"""Sliders for sampling: both ends, visible steps, and the still twin."""

import base64
import re
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz.canvas.palette import GOLD
from viz.canvas.picture import Picture
from viz.next_token.sampling_dial import SamplingDial, draw_sampling

NS = "{http://www.w3.org/2000/svg}"


def write(temperature, context):
    return [f"text{context}", "anna", ""]


def bars(temperature, context):
    return {"a": 0.75, "end": 0.25}


@pytest.fixture
def dial() -> SamplingDial:
    return SamplingDial(write, known={"anna"}, temperature=(0.1, 2.0, 0.5), context=(0, 6, 2))


def texts_of(svg: str) -> list[str]:
    return [t.text or "" for t in ET.fromstring(svg).iter(f"{NS}text")]


def shown_by(dial) -> list[str]:
    found = re.search(r"svg\+xml;base64,([^\"]+)", dial.screen.value)
    return texts_of(base64.b64decode(found[1]).decode())


def test_texts_are_below_and_known_ones_have_a_dot():
    picture = draw_sampling(["mari", "anna", ""], {"anna"}, title="After ma", known_label="known")
    assert {"mari", "anna", "(nothing)", "After ma", "1 of 3: known"} <= set(
        texts_of(picture.to_svg())
    )
    golden = [
        t.text for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text") if t.get("fill") == GOLD
    ]
    assert golden == ["anna"]
    assert picture.data == ["mari", "anna", ""]


def test_bars_are_above_the_texts():
    root = ET.fromstring(draw_sampling(["mari"], bars={"a": 0.75, "end": 0.25}).to_svg())
    height = {t.text: float(t.get("y")) for t in root.iter(f"{NS}text")}
    assert height["75%"] < height["a"] < height["mari"] < float(root.get("height"))


def test_both_ends_of_every_dial_show_and_every_step_shows(dial):
    seen = set()
    for knob in dial.dials.values():
        for value in (knob.min, knob.max, knob.min + knob.step):
            knob.value = value
            seen.add(dial.screen.value)
            assert any(text.startswith("temperature") for text in shown_by(dial))
    assert len(seen) == 6
    assert dial.dials["context"].value == 1
    assert "temperature 0.2, context 1" in shown_by(dial)
    assert "text1" in shown_by(dial)


def test_a_title_and_bars_follow_the_dials():
    dial = SamplingDial(
        write, bars=bars, title="After ma", temperature=(0.1, 2.0, 0.5), context=(0, 6, 2)
    )
    dial.dials["context"].value = 4
    assert {"After ma: temperature 0.5, context 4", "75%", "text4"} <= set(shown_by(dial))


def test_the_function_may_return_its_own_picture():
    dial = SamplingDial(lambda n: draw_sampling(["x" * n]), n=(1, 5, 2))
    dial.dials["n"].value = 5
    assert "xxxxx" in shown_by(dial)
    assert isinstance(dial.picture(), Picture)


def test_the_still_and_the_text_never_change(dial):
    before = dial._repr_mimebundle_()
    dial.dials["context"].value = 6
    after = dial._repr_mimebundle_()
    assert before["text/html"] == after["text/html"]
    assert before["text/plain"] == after["text/plain"]
    assert "anna" in before["text/plain"]


def test_an_error_of_the_function_is_shown_and_the_dial_still_works():
    def moody(n):
        if n == 2:
            raise ValueError("<n=2> is not my day")
        return ["anna"]

    dial = SamplingDial(moody, n=(1, 3, 1))
    dial.dials["n"].value = 2
    assert "&lt;n=2&gt; is not my day" in dial.screen.value
    dial.dials["n"].value = 3
    assert "anna" in shown_by(dial)


def test_invalid_dials_and_texts_are_refused():
    with pytest.raises(ValueError, match=r"There is no option: give one, such as temperature="):
        SamplingDial(write)
    for bad in ((0, 6), (0, 6, 7), 5, (6, 0, 3)):
        with pytest.raises(ValueError, match=r"must be \(lowest, highest, first\)"):
            SamplingDial(write, context=bad)
    for texts in ([], "anna", None):
        with pytest.raises(ValueError, match="a list with at least one text"):
            draw_sampling(texts)
    with pytest.raises(ValueError, match="These are not probabilities"):
        draw_sampling(["anna"], bars={"a": 2.0})


def test_markup_long_and_many_texts_fit():
    picture = draw_sampling(["<script>", "x" * 99, "a\nb"] * 50, {"<script>"}, title="<script>")
    assert "<script" not in picture.to_svg()
    root = ET.fromstring(picture.to_svg())
    assert "x" * 17 + "…" in texts_of(picture.to_svg())
    assert "a↵b" in texts_of(picture.to_svg())
    assert max(float(t.get("y")) for t in root.iter(f"{NS}text")) < float(root.get("height"))
    assert len(picture.data) == 150


def test_matplotlib_axes_show_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_sampling(["mari"], bars={"a": 1.0}, ax=ax) is ax
    assert "mari" in {text.get_text() for text in ax.texts}
