"""Controls whose pictures are stored: each setting of a page's knobs shows Python's picture."""

import random
import re
from html import unescape
from itertools import product
from math import prod

import pytest
from dials import PHONE, check_by_keys_and_on_a_phone, dial_page, opened, set_knobs

import viz
from course.experiments.modern.recorded import tables
from course.experiments.own_gpt.reports import dial_runs as own_runs
from course.experiments.serving.clock import dial_runs as serving_runs
from course.experiments.tuning.reports import dial_runs as tuning_runs
from viz.dials.frames import values_of

pytestmark = pytest.mark.browser
MOST_CHECKED = 40
EMPTY_TEXT = re.compile(r"<text[^>]*></text>")
MARKUP = "document.querySelector('.dial-picture svg').outerHTML"


def some_words(count: int) -> list[str]:
    chance = random.Random(0)
    return ["".join(chance.choices("abcdefg<&'", k=chance.randint(1, 9))) for _ in range(count)]


def samples():
    words = {step: some_words(12) for step in (0, 10, 1000)}
    control = viz.SamplesPlayer(words, known=words[10][:2], known_label="known")
    return control, {"step": control.step, "rows": control.rows}


def counts():
    chance = random.Random(0)
    labels = [*"abcdefghijklmnopqrstuvwxyz", "end"]
    made = [[[chance.random() ** 6 for _ in labels] for _ in labels] for _ in range(4)]
    control = viz.CountsPlayer(dict(zip((0, 5, 300), made)), labels, None, made[3], title="A & B")
    return control, {"step": control.step}


def seeds():
    control = viz.SeedDial(tables(), "rope", limit=0.3)
    return control, {"setting": control.setting, "seeds": control.seeds}


def reinforcement():
    control = viz.ReinforcementDial(tuning_runs(), reward="contains", kl_weight=0.0)
    return control, {"reward": control.reward, "weight": control.weight}


def batching():
    control = viz.BatchingDial(serving_runs(), rate=2, slots=8)
    return control, {"slots": control.slots, "rate": control.rate}


def blocks():
    control = viz.BlockSizeDial([40, 20, 33, 64], prefix=16, reserved=64)
    return control, {"block_size": control.block_size}


def memorization():
    control = viz.MemorizationDial(own_runs(), lines=200, step=600)
    return control, {"lines": control.lines, "step": control.step}


def training():
    record = {"attention": [[[[1.0]], [[1.0]]]], "tokens": ["^"], "probabilities": {"a": 1.0}}
    records = {step: {**record, "samples": some_words(4)} for step in (0, 1, 2)}
    control = viz.TrainingScrubber(records, losses=[3.3, 2.9, 2.5])
    return control, {"step": control.step, "head": control.head}


def drafts():
    rows = {("6 letters", k): {"tokens_per_call": k / 2 + 1, "speedup": 2 / k} for k in (2, 4)}
    rows["a model", 2] = {"tokens_per_call": 2.5, "speedup": 0.7}
    control = viz.DraftDial(rows)
    return control, {"draft": control.draft, "k": control.k}


def memory_order():
    numpy = pytest.importorskip("numpy")
    x = numpy.arange(8).reshape(2, 4)
    control = viz.MemoryOrderDial({"x": lambda: x, "x.T": lambda: x.T, "no": lambda: x.reshape(3)})
    return control, {"operation": control.operation}


def vocabulary():
    control = viz.VocabularyDial(lambda text, size: list(text)[: size // 64], "so it", [256, 512])
    return control, {"size": control.size}


MADE = (samples, counts, seeds, reinforcement, batching, blocks, memorization, training, drafts)
MADE += (memory_order, vocabulary)


def shapes(svg: str) -> str:
    """What is inside an SVG, without what an empty text or an escaped letter would change."""
    inside = svg[svg.index(">") + 1 : svg.rindex("</svg>")]
    inside = EMPTY_TEXT.sub("", re.sub(r"<(\w+)([^>]*)/>", r"<\1\2></\1>", inside))
    return unescape(inside)


@pytest.mark.parametrize("make", MADE, ids=lambda make: make.__name__)
def test_every_setting_shows_the_picture_of_the_control(make, chromium, tmp_path):
    control, knobs = make()
    before = {name: knob.value for name, knob in knobs.items()}
    file = dial_page(tmp_path, control)
    assert {name: knob.value for name, knob in knobs.items()} == before
    page = opened(chromium, file)
    phone = opened(chromium, file, PHONE)
    all_values = list(product(*map(values_of, knobs.values())))
    assert len(all_values) == prod(len(values_of(knob)) for knob in knobs.values())
    ends = [all_values[0], all_values[-1]]
    chosen = random.Random(0).sample(all_values, min(MOST_CHECKED, len(all_values)))
    for values in [*ends, *chosen]:
        for knob, value in zip(knobs.values(), values):
            knob.value = value
        expected, named = control.picture(), dict(zip(knobs, values))
        result = set_knobs(page, named)
        if expected.scene is None:
            assert result == {"error": expected.alt}
            continue
        assert result["text"] == expected.alt
        assert shapes(page.evaluate(MARKUP)) == shapes(expected.scene.to_svg(""))
        if expected.narrow is not None:
            set_knobs(phone, named)
            assert shapes(phone.evaluate(MARKUP)) == shapes(expected.narrow.to_svg(""))
    assert not page.complaints and not phone.complaints


@pytest.mark.parametrize("make", [samples, batching], ids=lambda make: make.__name__)
def test_keys_and_a_phone(make, chromium, tmp_path):
    check_by_keys_and_on_a_phone(chromium, dial_page(tmp_path, make()[0]))


def test_the_page_says_that_the_text_cannot_be_changed(chromium, tmp_path):
    page = opened(chromium, dial_page(tmp_path, vocabulary()[0]))
    assert page.locator(".dial-note").inner_text() == "The text can be changed where Python runs."


def test_a_control_with_too_many_states_has_no_dial():
    runs = {f"run {n}": [{"step": 1, "tokens": 64, "val_loss": 2.0 + n}] for n in range(30)}
    assert viz.TwoRuns(runs).page_dial() is None
