"""Bars are where the numbers say, idle time is counted by hand, and steps become bars."""

import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from viz import draw_batch_timeline
from viz.canvas.palette import LINE
from viz.canvas.scene import Line, Rect, Text
from viz.serving.hatching import hatch_points


def bar(request, slot, start, decode, end) -> dict:
    return {"request": request, "slot": slot, "start": start, "decode": decode, "end": end}


STATIC = [bar(0, 0, 0, 1, 8), bar(1, 1, 0, 1, 2), bar(2, 0, 8, 9, 12), bar(3, 1, 8, 9, 10)]
CONTINUOUS = [bar(0, 0, 0, 1, 8), bar(1, 1, 0, 1, 2), bar(2, 1, 2, 3, 6), bar(3, 1, 6, 7, 8)]
RUNS = {"static": STATIC, "continuous": CONTINUOUS}


def texts_of(scene) -> list[str]:
    return [shape.text for shape in scene.shapes if isinstance(shape, Text)]


def number(scene, request: str, n: int = 0) -> Text:
    """The number of a request, in its n-th run."""
    return [s for s in scene.shapes if isinstance(s, Text) and s.text == request and s.size > 10][n]


def test_idle_time_and_end_are_those_counted_by_hand():
    data = draw_batch_timeline(RUNS).data
    assert data["static"]["idle_share"] == pytest.approx((6 + 2) / 24)  # of 2 slots x 12
    assert data["continuous"]["idle_share"] == 0
    assert (data["static"]["end"], data["continuous"]["end"]) == (12, 8)
    assert data["static"]["bars"][0] == bar("0", 0, 0, 1, 8)


def test_a_bar_is_as_long_as_its_time_on_one_axis_for_all_runs():
    scene = draw_batch_timeline(RUNS).scene
    bars = [s for s in scene.shapes if isinstance(s, Rect) and s.radius == 2]
    widths = [b.width for b in bars[::2]]  # the whole bar, before its prefill
    assert widths == pytest.approx([728 * t / 12 for t in (8, 2, 4, 2, 8, 2, 4, 2)])
    assert [b.width for b in bars[1::2]] == pytest.approx([728 / 12] * 8)
    assert all(b.x + b.width <= 744.01 for b in bars)


def test_only_idle_slots_are_hatched():
    scene = draw_batch_timeline(RUNS).scene
    hatched = [s for s in scene.shapes if isinstance(s, Rect) and s.stroke == LINE]
    assert [s.width for s in hatched] == pytest.approx([728 * t / 12 for t in (6, 2)])
    assert [s.x - 16 for s in hatched] == pytest.approx([728 * t / 12 for t in (2, 10)])
    late = draw_batch_timeline({"a": [bar(0, 0, 3, 4, 6)]}).scene
    assert [s.width for s in late.shapes if isinstance(s, Rect) and s.stroke == LINE] == [364]


def test_a_request_has_the_same_colour_in_all_runs_and_its_prefill_is_darker():
    scene = draw_batch_timeline(RUNS).scene
    bars = [s for s in scene.shapes if isinstance(s, Rect) and s.radius == 2]
    light, dark = [b.fill for b in bars[::2]], [b.fill for b in bars[1::2]]
    assert light[:4] == light[4:] and dark[:4] == dark[4:] and len(set(dark)) == 4
    assert not set(light) & set(dark)


def test_the_title_and_the_sentence_compare_the_runs():
    picture = draw_batch_timeline(RUNS)
    assert picture.alt == (
        "Continuous ends 1.5 times sooner than static. static: 4 requests, 2 slots, 33 % of the "
        "slot time idle, ends after 12 s; continuous: 4 requests, 2 slots, 0 % of the slot time "
        "idle, ends after 8 s."
    )
    assert draw_batch_timeline({"a": STATIC}).alt.startswith("4 requests end after 12 s.")
    assert "8 steps" in texts_of(draw_batch_timeline(RUNS, unit="steps").scene)


def test_the_narrow_form_has_time_down_and_fits_a_phone():
    picture = draw_batch_timeline(RUNS)
    narrow = picture.narrow
    assert narrow.width <= 360 and '<source media="(max-width: 520px)"' in picture.to_html()
    first, second = number(narrow, "0"), number(narrow, "2")
    assert second.y > first.y
    assert number(picture.scene, "2").x > number(picture.scene, "0").x
    right = [s.x + s.width for s in narrow.shapes if isinstance(s, Rect)]
    assert max(right) <= 358
    for svg in (picture.to_svg(), narrow.to_svg("x")):
        assert ET.fromstring(svg) is not None


def test_thirty_two_requests_in_eight_slots_have_their_numbers_inside_the_sheet():
    bars = [bar(i, i % 8, 4 * (i // 8), 4 * (i // 8) + 0.2, 4 * (i // 8) + 4) for i in range(32)]
    scene = draw_batch_timeline({"continuous": bars}).scene
    assert {str(i) for i in range(32)} <= set(texts_of(scene))
    assert scene.height < 260


def step(prefilled=(), decoded=()) -> SimpleNamespace:
    return SimpleNamespace(prefilled=dict.fromkeys(prefilled, 4), decoded=list(decoded))


def test_steps_become_bars_in_the_lowest_free_slot():
    steps = [step([7, 8]), step((), [7, 8]), step([9], [8]), step((), [8, 9])]
    [run] = draw_batch_timeline({"engine": steps}).data.values()
    assert run["bars"] == [bar("7", 0, 0, 1, 2), bar("8", 1, 0, 1, 4), bar("9", 0, 2, 3, 4)]
    as_mappings = [vars(one) for one in steps]
    assert draw_batch_timeline({"engine": as_mappings}).data["engine"] == run
    [timed] = draw_batch_timeline({"engine": (steps, [2.0, 1.0, 2.0, 1.0])}).data.values()
    assert [b["end"] for b in timed["bars"]] == [3, 6, 6]


def test_of_two_free_slots_the_lower_is_taken():
    steps = [step([1, 2, 3]), step((), [3]), step([4], [3])]
    [run] = draw_batch_timeline({"engine": steps}).data.values()
    assert run["bars"][-1] == bar("4", 0, 2, 3, 3)


def test_the_records_of_the_engine_are_bars():
    torch = pytest.importorskip("torch")
    from gptcore.model import GPT, GPTConfig  # noqa: PLC0415
    from gptcore.serving import Engine, EngineConfig, SamplingParams  # noqa: PLC0415

    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=11, block_size=32, n_layer=1, n_head=1, n_embd=8))
    engine = Engine(model, EngineConfig(max_num_seqs=2))
    for new in (2, 5, 3):
        engine.add([1, 2, 3], SamplingParams(max_new_tokens=new))
    records = []
    while not records or records[-1].num_running + records[-1].num_waiting:
        records.append(engine.step())
    [run] = draw_batch_timeline({"engine": records}).data.values()
    assert {b["request"]: b["end"] - b["start"] for b in run["bars"]} == {"0": 2, "1": 5, "2": 3}
    assert run["slots"] == 2 and run["end"] == 5 and run["idle_share"] == 0


def test_a_preempted_request_has_two_bars_and_counts_once():
    steps = [step([1, 2]), step((), [1]), step([2], [1])]
    [run] = draw_batch_timeline({"engine": steps}).data.values()
    assert run["requests"] == 2 and len(run["bars"]) == 3


def test_the_path_of_a_hatching_stays_inside_its_rectangle():
    for width, height in ((100.0, 15.0), (3.0, 15.0), (15.0, 90.0), (6.0, 6.0), (0.5, 2.0)):
        points = hatch_points(width, height)
        assert all(-1e-9 <= x <= width + 1e-9 and -1e-9 <= y <= height + 1e-9 for x, y in points)
        for (x0, y0), (x1, y1) in zip(points, points[1:]):
            slants = abs(abs(x1 - x0) - abs(y1 - y0)) < 1e-9 and (x1 - x0) * (y1 - y0) < 1e-9
            same_side = x0 == x1 or y0 == y1
            assert slants or same_side


def test_matplotlib_axes_show_the_bars():
    ax = Figure().add_subplot()
    assert draw_batch_timeline(RUNS, ax=ax) is ax
    assert "12 s" in " ".join(text.get_text() for text in ax.texts)


def test_markup_in_a_name_stays_text():
    picture = draw_batch_timeline({"<script>alert(1)</script>" * 9: STATIC})
    assert "<script" not in picture.to_svg() + picture.narrow.to_svg("x")
    assert any(isinstance(shape, Line) for shape in picture.scene.shapes)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        (None, "runs must be a mapping"),
        ([STATIC], "runs must be a mapping"),
        ({}, "There is no run to draw"),
        ({str(i): STATIC for i in range(7)}, "There are 7 runs; a picture has room for 6"),
        ({"a": []}, "'a' has no request"),
        ({"a": None}, "'a' must be a list of bars"),
        ({"a": "bars"}, "'a' must be a list of bars"),
        ({"a": STATIC[0]}, "'a' must be a list of bars"),
        ({"a": [None]}, r"'a'\[0\] must be a bar"),
        ({"a": [{"request": 0}]}, r"'a'\[0\] must be a bar"),
        ({"a": [bar(0, -1, 0, 1, 2)]}, "slot of 'a'.*=-1 must be a whole number"),
        ({"a": [bar(0, 99, 0, 1, 2)]}, "from 0 to 63"),
        ({"a": [bar(0, 0, 0, 1, float("nan"))]}, "nan at position 2"),
        ({"a": [bar(0, 0, 0, None, 2)]}, "decode of 'a'.* must be one number"),
        ({"a": [bar(0, 0, 0, 3, 2)]}, "they must not go back"),
        ({"a": [bar(0, 0, 2, 2, 2)]}, "they must not go back"),
        ({"a": [bar(0, 0, -1, 0, 2)]}, "nor be below 0"),
        ({"a": [bar(0, 0, 0, 1, 3), bar(1, 0, 2, 3, 4)]}, "requests 0 and 1 are in slot 0"),
        ({"a": (STATIC, [1.0])}, "leave the seconds out"),
        ({"a": ([step([1])], [1.0, 2.0])}, "1 steps and 2 seconds"),
        ({"a": ([step([1])], [0.0])}, "one number above 0"),
        ({"a": [step()]}, "compute no request"),
        ({"a": [{"prefilled": {1: 2}}]}, "decoded=None"),
        ({"a": STATIC, "b": [step([1])]}, "the same unit of time"),
        ({"a": [bar(i, 0, i, i, i + 1) for i in range(1001)]}, "at most 1,000"),
    ],
    ids=range(25),
)
def test_what_is_no_timeline_is_refused(runs, message):
    with pytest.raises(ValueError, match=message):
        draw_batch_timeline(runs)
