"""The playground: both ends of every slider; probabilities and text compared with gptcore's."""

import asyncio
import base64
import random
import re
import time

import numpy as np
import pytest

from gptcore.next_token import next_probabilities, next_token
from viz import SamplingPlayground, draw_playground
from viz.next_token.sampling_filters import filter_probabilities, sample_index

LETTERS = " abcdefghij\n"
TABLE = np.random.default_rng(0).normal(size=(12, 12)) * 2


def next_logits(ids):
    return TABLE[ids[-1]]


def encode(text):
    return [LETTERS.index(letter) for letter in text]


def decode(ids):
    return "".join(LETTERS[i] for i in ids)


@pytest.fixture
def playground() -> SamplingPlayground:
    return SamplingPlayground(next_logits, encode, decode, prompt="abc", max_new_tokens=30)


def words_of(html: str) -> str:
    return base64.b64decode(re.search(r"svg\+xml;base64,([^\"]+)", html)[1]).decode()


KNOBS = [
    (temperature, top_k, top_p)
    for temperature in (0, 0.1, 0.8, 2.0)
    for top_k in (None, 1, 3, 50)
    for top_p in (0.05, 0.5, 0.9, 1.0)
]


@pytest.mark.parametrize(("temperature", "top_k", "top_p"), KNOBS)
def test_the_probabilities_are_those_that_gptcore_samples_from(temperature, top_k, top_p):
    rng = np.random.default_rng(1)
    for logits in (rng.normal(size=40) * 3, np.zeros(4), np.array([800.0, 0.0, -np.inf])):
        ours = filter_probabilities(logits, temperature, top_k, top_p)
        theirs = next_probabilities(logits, temperature, top_k=top_k, top_p=top_p)
        assert ours == pytest.approx(theirs, abs=1e-12)
        for seed in range(5):
            token = next_token(
                logits, temperature, top_k=top_k, top_p=top_p, rng=random.Random(seed)
            )
            chance = 0.0 if temperature == 0 else random.Random(seed).random()
            assert sample_index(ours, chance) == token


def test_the_text_is_what_gptcore_generates_with_the_same_seed(playground):
    for seed, temperature in ((0, 0.8), (3, 1.5), (3, 0.0)):
        playground.seed.value, playground.temperature.value = seed, temperature
        ids, rng = encode("abc"), random.Random(seed)
        for _ in range(30):
            ids.append(next_token(next_logits(ids), temperature, rng=rng))
        assert playground.picture().data["text"] == decode(ids)


def test_the_bars_are_those_of_the_token_after_the_prompt(playground):
    bars = playground.picture().data["bars"]
    own = np.exp(TABLE[LETTERS.index("c")])
    own /= own.sum()
    assert [prob for _, prob, _ in bars] == pytest.approx(sorted(own, reverse=True))
    assert bars[0][0] == LETTERS[own.argmax()]


def test_every_step_of_every_slider_changes_the_screen(playground):
    for knob in (
        playground.temperature,
        playground.top_p,
        playground.seed,
        playground.max_new_tokens,
    ):
        first = knob.value
        for value in (knob.min, knob.min + knob.step, (knob.min + knob.max) // 2, knob.max):
            if value != knob.value:
                before = playground.screen.value
                knob.value = value
                assert playground.screen.value != before, (knob.description, value)
        knob.value = first
    for _, value in playground.top_k.options:
        if value != playground.top_k.value:
            before = playground.screen.value
            playground.top_k.value = value
            assert playground.screen.value != before


def test_filtered_tokens_are_named_and_the_others_sum_to_one(playground):
    playground.top_k.value = 3
    data = playground.picture().data
    assert data["kept"] == 3
    assert sum(now for _, _, now in data["bars"]) == pytest.approx(1)
    assert words_of(playground.screen.value).count("cut off") == 9
    assert "3 of 12 tokens can follow" in playground.picture().alt


def test_another_prompt_is_encoded_and_an_invalid_one_shows_the_error(playground):
    playground.prompt.value = "jj"
    assert playground.picture().data["text"].startswith("jj")
    playground.prompt.value = ""
    assert "has no token" in playground.screen.value
    playground.prompt.value = "<b>"
    assert "substring not found" in playground.screen.value
    playground.prompt.value = "a"
    assert playground.picture().data["text"].startswith("a")


def test_it_stops_at_the_stop_token():
    last = SamplingPlayground(lambda ids: np.eye(12)[5] * 50, encode, decode, prompt="a", stop=5)
    assert last.picture().data["text"] == "a"
    assert "It came to its end." in words_of(last.screen.value)


@pytest.mark.slow
def test_with_a_running_loop_the_text_appears_token_by_token_and_can_be_stopped(playground):
    async def reader():
        playground.max_new_tokens.value = 200
        seen = {len(playground.generated)}
        for _ in range(20):
            await asyncio.sleep(0)
            seen.add(len(playground.generated))
        assert len(seen) > 10
        assert not playground.stop_button.disabled
        playground.stop_button.click()
        stopped_at = len(playground.generated)
        assert 0 < stopped_at < 200
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(playground.generated) == stopped_at
        assert playground.stop_button.disabled
        assert "Stopped." in words_of(playground.screen.value)
        playground.restart_button.click()
        for _ in range(400):
            await asyncio.sleep(0)
        assert len(playground.generated) == 200
        assert playground.stop_button.disabled

    asyncio.run(reader())


def test_a_change_during_generation_restarts_it_and_only_one_text_is_generated(playground):
    async def reader():
        playground.max_new_tokens.value = 150
        for seed in (1, 2, 3):
            for _ in range(5):
                await asyncio.sleep(0)
            playground.seed.value = seed
        for _ in range(400):
            await asyncio.sleep(0)
        assert len(playground.generated) == 150
        text = playground.picture().data["text"]
        playground.restart_button.click()
        for _ in range(400):
            await asyncio.sleep(0)
        assert playground.picture().data["text"] == text

    asyncio.run(reader())


def test_an_earlier_run_appends_nothing_to_the_next_one(playground):
    earlier = playground.generate()
    for _ in range(3):
        next(earlier)
    later = playground.generate()
    next(later)
    next(earlier)  # one token more, after the next run has begun
    next(later)
    single = SamplingPlayground(next_logits, encode, decode, prompt="abc", max_new_tokens=30)
    assert playground.generated == single.generated[:2]


def test_an_error_of_the_model_is_shown_and_the_next_change_works():
    def fragile(ids):
        if len(ids) > 6 and fragile.broken:
            raise RuntimeError("<b>out of memory</b>")
        return next_logits(ids)

    fragile.broken = False
    playground = SamplingPlayground(fragile, encode, decode, prompt="abc", max_new_tokens=10)
    fragile.broken = True
    playground.seed.value = 1
    assert "RuntimeError: &lt;b&gt;out of memory" in playground.screen.value
    assert playground.stop_button.disabled
    fragile.broken = False
    playground.seed.value = 2
    assert "<img" in playground.screen.value


@pytest.mark.slow
def test_a_change_is_fast_also_with_fifty_thousand_tokens():
    logits = np.random.default_rng(0).normal(size=50_257)
    many = SamplingPlayground(
        lambda ids: logits,
        lambda text: [1],
        lambda ids: f" t{ids[0]}",
        prompt="x",
        max_new_tokens=1,
    )
    start = time.process_time()
    for value in (0.1, 0.5, 1.0, 1.5, 2.0):
        many.temperature.value = value
    assert (time.process_time() - start) / 5 < 0.2


def test_the_still_never_changes_and_is_the_complete_text(playground):
    before = playground._repr_mimebundle_()
    playground.temperature.value = 2.0
    after = playground._repr_mimebundle_()
    assert (before["text/plain"], before["text/html"]) == (after["text/plain"], after["text/html"])
    assert len(playground.still.data["generated"]) == 30


@pytest.mark.parametrize(
    ("logits", "message"),
    [
        (np.zeros((2, 3)), r"got shape \(2, 3\).*logits\[0, -1\]"),
        ([], "one row of numbers"),
        ([0.0, np.nan], "got nan.*training diverged"),
        ([-np.inf, -np.inf], "got -inf"),
    ],
)
def test_invalid_logits_are_refused(logits, message):
    with pytest.raises(ValueError, match=message):
        draw_playground(logits, "abc")


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"temperature": -0.1}, "temperature=-0.1 must be 0"),
        ({"top_k": 0}, "top_k=0 would leave no token"),
        ({"top_p": 0.0}, "top_p=0.0 must be above 0"),
    ],
)
def test_knobs_out_of_range_are_refused(knobs, message):
    with pytest.raises(ValueError, match=message):
        draw_playground([0.0, 1.0], "ab", **knobs)
    with pytest.raises(ValueError, match=message):
        SamplingPlayground(next_logits, encode, decode, prompt="a", **knobs)


def test_markup_in_tokens_stays_text():
    names = ["<script>", "\n", "שלום", "🙂", "\x00"]
    generated = [(name, 0.1) for name in names] + [
        ("a very long word " * 20, 0.5),
        ("x" * 300, 0.9),
    ]
    picture = draw_playground(
        np.zeros(5), names, prompt="<b>", generated=generated, title="<script>"
    )
    assert "<script" not in picture.to_svg()
    assert picture.data["text"].startswith("<b><script>\nשלום")
    assert "↵" in picture.to_svg()


def test_a_character_of_several_tokens_is_put_together():
    pieces = [b" na", b"\xc3", b"\xaf", b"ve"]
    playground = SamplingPlayground(
        lambda ids: np.eye(4)[(ids[-1] + 1) % 4] * 9,
        lambda text: [0],
        lambda ids: b"".join(pieces[id] for id in ids),
        prompt=" na",
        temperature=0,
        max_new_tokens=3,
    )
    data = playground.still.data
    assert data["text"] == " naïve"
    assert [piece for piece, _ in data["generated"]] == ["", "ï", "ve"]
    assert data["bars"][0][0] == "\udcc3"
    assert "\\xc3" in playground.still.alt
    playground.still.to_html().encode()
