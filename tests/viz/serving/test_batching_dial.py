"""The dial shows what was simulated for its knobs, on axes that stay."""

import pytest

from viz import BatchingDial
from viz.canvas.scene import Circle, Line, Text

WAYS = ("one by one", "static batches", "continuous batching")
WAITS = {0.3: (0.9, 0.8, 0.6), 1: (14.9, 6.6, 0.6), 3: (82, 39, 0.9)}
SIMULATED = {
    (rate, slots): {
        way: {"wait": wait * 16 / slots, "tokens_per_second": 20 + slots * n}
        for n, (way, wait) in enumerate(zip(WAYS, waits))
    }
    for rate, waits in WAITS.items()
    for slots in (4, 16)
}


def texts_of(picture) -> list[str]:
    return [shape.text for shape in picture.scene.shapes if isinstance(shape, Text)]


def mark(picture) -> float:
    """Where the line at the chosen rate is."""
    return next(s for s in picture.scene.shapes if isinstance(s, Line) and s.dash).points[0][0]


def test_the_numbers_are_those_of_the_knobs():
    dial = BatchingDial(SIMULATED, rate=1, slots=16)
    assert dial.still.data == SIMULATED[1, 16]
    assert {"one by one: 14.9", "continuous batching: 0.6"} <= set(texts_of(dial.still))
    dial.rate.value = 3.0
    dial.slots.value = 4
    picture = dial.picture()
    assert picture.data == SIMULATED[3, 4] and picture.alt.startswith(
        "3 requests a second, 4 slots: continuous batching waits 3.6 s, one by one 328 s."
    )
    assert picture.alt[:40] in dial.screen.value


def test_the_axes_stay_and_the_mark_moves_with_the_rate():
    dial = BatchingDial(SIMULATED, rate=0.3, slots=4)
    first = dial.picture()
    dial.rate.value = 3.0
    assert mark(dial.picture()) > mark(first) + 200
    numbers = [t for t in texts_of(first) if t.replace(".", "").isdigit()]
    dial.slots.value = 16
    assert [t for t in texts_of(dial.picture()) if t.replace(".", "").isdigit()] == numbers


def test_a_shorter_wait_is_lower_and_a_wait_of_0_has_a_place():
    dots = [s for s in BatchingDial(SIMULATED).still.scene.shapes if isinstance(s, Circle)]
    assert dots[0].y < dots[1].y < dots[2].y
    none = {"a": {"wait": 0, "tokens_per_second": 5}, "b": {"wait": 2, "tokens_per_second": 5}}
    still = BatchingDial({(1, 2): none}).still
    low, high = [s for s in still.scene.shapes if isinstance(s, Circle)][:2]
    assert low.y > high.y and "seconds of waiting" in texts_of(still)


def test_knobs_without_a_simulation_say_so_and_keep_the_last_picture():
    partial = {key: SIMULATED[key] for key in ((0.3, 4), (1, 4), (3, 16))}
    dial = BatchingDial(partial)
    dial.slots.value = 16
    assert dial.picture().alt == (
        "0.3 requests a second were not simulated with 16 slots; there are 3."
    )
    dial.rate.value = 3.0
    assert dial.picture().data == SIMULATED[3, 16]


POINT = {"a": {"wait": 1, "tokens_per_second": 2}}


@pytest.mark.parametrize(
    ("simulated", "options", "message"),
    [
        (None, {}, "simulated must be a mapping"),
        ({}, {}, "Nothing was simulated"),
        ({3: POINT}, {}, r"A key must be \(requests a second, slots\), not 3"),
        ({(0, 4): POINT}, {}, "must be above 0"),
        ({(float("nan"), 4): POINT}, {}, "nan at position 0"),
        ({(1, 0): POINT}, {}, "slots of .*=0 must be a whole number"),
        ({(1, 4): None}, {}, "must be a mapping"),
        ({(1, 4): {}}, {}, "must have 1 to 5 ways"),
        ({(1, 4): {"a": {"wait": 1}}}, {}, "has no 'tokens_per_second'; it has wait"),
        ({(1, 4): {"a": {"wait": None, "tokens_per_second": 1}}}, {}, "wait of 'a' at .* one numb"),
        ({(1, 4): {"a": {"wait": -1, "tokens_per_second": 1}}}, {}, "it must be 0 or more"),
        ({(1, 4): POINT, (2, 4): {"b": POINT["a"]}}, {}, "has b, but others have a"),
        ({(1, 4): POINT}, {"rate": 2}, r"\(2, 4\) was not simulated"),
    ],
    ids=range(13),
)
def test_what_was_not_simulated_is_refused(simulated, options, message):
    with pytest.raises(ValueError, match=message):
        BatchingDial(simulated, **options)
