"""A training run on one picture, and the slider through it."""

import base64
import re
import time
import xml.etree.ElementTree as ET

import pytest
from matplotlib.figure import Figure

from viz.attention.attention import draw_attention
from viz.canvas.control import STATIC_NOTE
from viz.canvas.scene import Line, Rect, Scene, Text, hstack, vstack
from viz.curves.loss import draw_loss
from viz.training.training import draw_training
from viz.training.training_scrubber import TrainingScrubber

NS = "{http://www.w3.org/2000/svg}"
LOSSES = [3.3, 3.1, 2.9, 2.7, 2.5]


def record_of(text: str, first: float) -> dict:
    return {
        "samples": [text, "<b>"],
        "attention": [[1.0, 0.0], [first, 1 - first]],
        "tokens": ["[BOS]", "e"],
        "probabilities": {"a": first, "b": 1 - first},
    }


RECORDS = {0: record_of("qxv", 0.5), 2: record_of("mari", 0.25), 5: record_of("anna", 0.125)}


def texts_of(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(f"{NS}text")]


def shown_by(scrubber: TrainingScrubber) -> list[str]:
    found = re.search(r"svg\+xml;base64,([^\"]+)", scrubber.screen.value)
    return texts_of(base64.b64decode(found[1]).decode())


def test_one_picture_has_all_four_parts():
    picture = draw_training(LOSSES, 2, RECORDS[2], title="All at once")
    texts = texts_of(picture.to_svg())
    parts = [
        draw_attention(RECORDS[2]["attention"], ["[BOS]", "e"]),
    ]
    for part in parts:
        assert set(texts_of(part.to_svg())) <= set(texts)
    assert {"All at once", "After 2 steps", "mari", "<b>", "25.0%", "75.0%"} <= set(texts)
    assert picture.data["losses"] == LOSSES[:2]
    assert picture.data["samples"] == ["mari", "<b>"]
    assert "<b>" not in picture.to_svg()


def test_everything_is_inside_the_picture():
    scene = draw_training(LOSSES, 5, RECORDS[5], title="t" * 90).scene
    for shape in scene.shapes:
        points = shape.points if isinstance(shape, Line) else [(shape.x, shape.y)]
        assert all(0 <= x <= scene.width and 0 <= y <= scene.height for x, y in points)


def test_the_alt_text_has_step_loss_and_samples():
    assert draw_training(LOSSES, 2, RECORDS[2]).alt == (
        "After 2 of 5 steps: mean loss lately 3.2; it writes mari, <b>."
    )
    assert "no loss yet" in draw_training(LOSSES, 0, RECORDS[0]).alt


def test_each_step_of_the_slider_shows_what_was_recorded_there():
    scrubber = TrainingScrubber(RECORDS, LOSSES)
    for step, record in RECORDS.items():
        scrubber.step.value = step
        assert {f"After {step} steps", record["samples"][0]} <= set(shown_by(scrubber))
        percent = f"{100 * record['probabilities']['a']:.1f}%"
        assert percent in shown_by(scrubber)


def test_the_loss_so_far_ends_at_the_step():
    for step in (2, 5):
        texts = texts_of(draw_training(LOSSES, step, RECORDS[2]).to_svg())
        by_itself = draw_loss({"so far": LOSSES[:step]})
        (label,) = [t for t in texts_of(by_itself.to_svg()) if t.startswith("so far")]
        assert any(text.startswith(label) for text in texts)
    assert not any("so far" in t for t in texts_of(draw_training(LOSSES, 0, RECORDS[0]).to_svg()))


def test_the_still_picture_is_the_last_record_and_never_changes():
    scrubber = TrainingScrubber(RECORDS, LOSSES)
    before = scrubber._repr_mimebundle_()
    scrubber.step.value = 2
    after = scrubber._repr_mimebundle_()
    assert before["text/plain"] == after["text/plain"] == repr(scrubber)
    assert before["text/html"] == draw_training(LOSSES, 5, RECORDS[5]).to_html() + STATIC_NOTE


def test_it_answers_within_200_milliseconds():
    losses = [3.3 - i / 1000 for i in range(1000)]
    scrubber = TrainingScrubber({**RECORDS, 1000: RECORDS[5]}, losses)
    start = time.process_time()
    scrubber.step.value = 1000
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize("missing", ["samples", "attention", "tokens", "probabilities"])
def test_missing_parts_of_a_record_are_named(missing):
    record = {name: part for name, part in RECORDS[2].items() if name != missing}
    with pytest.raises(ValueError, match=f"The record of step 2 lacks '{missing}'"):
        TrainingScrubber({0: RECORDS[0], 2: record}, LOSSES)


def test_missing_records_and_steps_outside_the_run_are_refused():
    with pytest.raises(ValueError, match="There are no records"):
        TrainingScrubber({}, LOSSES)
    with pytest.raises(ValueError, match="step=6: the run has 5 steps"):
        draw_training(LOSSES, 6, RECORDS[2])
    with pytest.raises(ValueError, match="step=-1 must be"):
        draw_training(LOSSES, -1, RECORDS[2])


def test_matplotlib_draws_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_training(LOSSES, 2, RECORDS[2], ax=ax) is ax
    assert "mari" in {text.get_text() for text in ax.texts}


def test_scenes_are_put_beside_and_below_each_other():
    one = Scene(10, 20, [Rect(1, 2, 3, 4)])
    two = Scene(30, 5, [Text(0, 5, "x"), Line(((0, 0), (1, 1)))])
    right, under = hstack(one, two, gap=2), vstack(one, two, gap=2)
    assert (right.width, right.height) == (42, 20)
    assert (under.width, under.height) == (30, 27)
    assert [shape.x for shape in right.shapes[:2]] == [1, 12]
    assert right.shapes[2].points == ((12, 0), (13, 1))
    assert [shape.y for shape in under.shapes[:2]] == [2, 27]
    assert under.shapes[2].points == ((0, 22), (1, 23))
