"""Dials of a model on a page: sampling, the head split, edited attention, every head of a text."""

from random import Random
from string import ascii_lowercase as LETTERS

import numpy as np
import pytest
from dials import PHONE, check_by_keys_and_on_a_phone, dial_page, opened, set_knobs, settings

from course.experiments.attention.attention_edits import edit_attention
from course.experiments.attention.recall import recall_texts, train
from course.experiments.text.ngrams import turn_temperature_and_context
from gptcore.corpus import load_documents
from gptcore.heads import check_heads
from gptcore.next_token import next_probabilities
from gptcore.scalar import NgramTable
from viz import AttentionExplorer, HeadSplitter, SamplingDial, SamplingPlayground, draw_playground
from viz.next_token.sampling_dial import values_of

pytestmark = pytest.mark.browser
NAMES = load_documents("names")[:600]
TABLES = [NgramTable(LETTERS, context_size=n).fit(NAMES) for n in range(7)]
LOGITS = np.random.default_rng(1).normal(size=(12, 12)) * 2
TOKENS = " abcdefghi\n."
TENTHS = [k / 10 for k in range(1, 21)]


def ngrams() -> SamplingDial:
    return turn_temperature_and_context(TABLES, "ma", NAMES)


def stored() -> SamplingDial:
    def write(temperature, heads, how_many):
        if heads == 3:
            raise ValueError("heads=3 is not possible. Set heads to 2 or 4.")
        rng, rows = Random(heads), LOGITS[:, :11]
        probs = [next_probabilities(row.tolist(), temperature) for row in rows]
        return ["".join(rng.choices(TOKENS[:11], p)[0] for p in probs) for _ in range(how_many)]

    def bars(temperature, heads, how_many):
        return dict(zip(TOKENS, next_probabilities(LOGITS[heads].tolist(), temperature)))

    options = {"heads": [2, 3, 4], "how_many": (2, 8, 6), "count_option": "how_many"}
    return SamplingDial(write, bars=bars, known=["a"], temperature=(0.1, 2.0, 0.5), **options)


def playground() -> SamplingPlayground:
    return SamplingPlayground(
        lambda ids: LOGITS[ids[-1]],
        lambda text: [TOKENS.index(letter) for letter in text],
        lambda ids: "".join(TOKENS[id] for id in ids),
        prompt="ab",
        max_new_tokens=30,
        stop=11,
        page_settings=[(0, None, 1.0), (1.5, 3, 1.0), (1.5, None, 0.7)],
    )


def splitter() -> HeadSplitter:
    return HeadSplitter(512, 8, check=check_heads)


@pytest.fixture(scope="module")
def editor():
    texts, tests = recall_texts(400, 20)
    return edit_attention(train(texts, seed=2, n_head=2), "afze2", tests, {3: 8})


MAKERS = {"ngrams": ngrams, "stored": stored, "playground": playground, "splitter": splitter}


@pytest.fixture
def opened_dial(chromium, tmp_path):
    """Called with a control, it opens the page of the control."""
    return lambda control: opened(chromium, dial_page(tmp_path, control))


def test_a_table_of_ngrams_writes_the_names_that_python_writes(opened_dial):
    control = ngrams()
    page = opened_dial(control)
    for values in settings({"temperature": TENTHS, "context": list(range(7))}, 30):
        result = set_knobs(page, {**values, "seed": 1})
        assert result["texts"] == control.sample(**values)
        expected = control.bars(**values)
        assert result["tokens"] == list(expected)
        assert result["probs"] == pytest.approx(list(expected.values()), rel=1e-9)
        entropy = -sum(p * np.log(p) for p in expected.values() if p > 0)
        assert result["entropy"] == pytest.approx(entropy, rel=1e-9, abs=1e-12)
        for name, value in values.items():
            control.dials[name].value = value
        assert result["text"] == control.picture().alt
    for seed in (2, 20):
        result = set_knobs(page, {"temperature": 1.0, "context": 3, "seed": seed})
        assert result["texts"] == TABLES[3].sample(20, 1.0, rng=Random(seed))
    assert not page.complaints


def test_stored_texts_are_those_of_their_setting_and_errors_have_the_same_words(opened_dial):
    control = stored()
    page = opened_dial(control)
    knobs = {"temperature": TENTHS, "heads": [2, 3, 4], "how_many": list(range(2, 9))}
    for values in settings(knobs, 30):
        result = set_knobs(page, values)
        if values["heads"] == 3:
            assert result == {"error": "heads=3 is not possible. Set heads to 2 or 4."}
            assert result["error"] in page.locator(".dial-error").text_content()
            continue
        assert result["texts"] == control.sample(**values)
        expected = list(control.bars(**values).values())
        assert result["probs"] == pytest.approx(expected, rel=1e-3, abs=1e-9)  # five digits
    assert not page.complaints


def test_the_next_token_is_filtered_as_in_python(opened_dial):
    control = playground()
    page = opened_dial(control)
    knobs = {
        "after": [0, 1, 2],
        "temperature": values_of(control.temperature),
        "top_k": [value for _, value in control.top_k.options],
        "top_p": values_of(control.top_p),
    }
    ids = [TOKENS.index(letter) for letter in control.still.data["text"]]
    for values in settings(knobs, 30):
        result = set_knobs(page, values)
        options = {name: values[name] for name in ("temperature", "top_p")}
        row = LOGITS[ids[1 + values["after"]]]
        expected = draw_playground(row, TOKENS, top_k=values["top_k"] or None, **options)
        assert result["kept"] == expected.data["kept"]
        assert expected.alt.startswith(result["text"].removesuffix("."))
        for (_, *ours), (_, *theirs) in zip(result["bars"], expected.data["bars"]):
            assert ours == pytest.approx(theirs, rel=1e-4, abs=1e-12)  # seven digits of a logit
    assert not page.complaints


def test_a_button_shows_the_text_of_its_setting(opened_dial):
    control = playground()
    page = opened_dial(control)
    shown = page.locator(".written")
    assert shown.text_content() == control.still.data["text"]
    page.get_by_role("button", name="the text at temperature 1.5, top-k 3").press("Enter")
    control.temperature.value, control.top_k.value = 1.5, 3
    assert shown.text_content() == control.picture().data["text"]
    assert page.evaluate("document.activeElement.ariaPressed") == "true"
    set_knobs(page, {"top_k": 5})
    assert shown.text_content() == "No text is stored for this setting."


def test_the_head_split_gives_the_advice_of_check_heads(opened_dial):
    control = splitter()
    page = opened_dial(control)
    knobs = {"n_embd": list(range(64, 1601, 4)), "n_head": list(range(1, 26))}
    refused = 0
    for values in settings(knobs, 40):
        result = set_knobs(page, values)
        control.n_embd.value, control.n_head.value = values["n_embd"], values["n_head"]
        expected = control.picture()
        assert result["text"] == expected.alt
        assert result["head_dim"] == expected.data["head_dim"]
        refused += result["head_dim"] is None
    assert refused > 10 and not page.complaints


def test_a_check_of_the_readers_own_has_no_dial():
    assert HeadSplitter(512, 8, check=lambda n_embd, n_head: None).page_dial() is None


def test_edited_scores_have_the_same_effect_as_in_python(opened_dial, editor):
    page = opened_dial(editor)
    halves = [k / 2 for k in range(-16, 17)]
    knobs = {"query": list(range(6)), "head": [0, 1], "positions": [False, True]}
    knobs |= {f"ablate_{h}": [False, True] for h in range(2)}
    knobs |= {f"delta_{k}": [0.0, 0.0, *halves] for k in range(6)}
    for values in settings(knobs, 30):
        result = set_knobs(page, values)
        expected = editor.draw(
            {
                "query": values["query"],
                "head": values["head"],
                "score_delta": [values[f"delta_{k}"] for k in range(6)],
                "ablated_heads": frozenset(h for h in range(2) if values[f"ablate_{h}"]),
                "use_positions": values["positions"],
            }
        )
        for name in ("weights", "context"):
            assert result[name] == pytest.approx(expected.data[name], abs=1e-3)
        assert result["probs"] == pytest.approx(expected.data["probs"], abs=1e-3)
        loss = expected.alt.split("last letter: ")[1].split(" nats")[0]
        assert float(result["caption"].split(": ")[1].split()[0]) == pytest.approx(
            float(loss), abs=0.003
        )
    assert not page.complaints


@pytest.mark.parametrize("name", MAKERS)
def test_keys_and_a_phone(chromium, tmp_path, name):
    check_by_keys_and_on_a_phone(chromium, dial_page(tmp_path, MAKERS[name]()))


def test_keys_and_a_phone_for_edited_scores(chromium, tmp_path, editor):
    check_by_keys_and_on_a_phone(chromium, dial_page(tmp_path, editor))


def explorer() -> AttentionExplorer:
    rng, text = np.random.default_rng(3), "the cat sat"
    weights = np.tril(rng.random((2, 3, len(text), len(text)))) + np.eye(len(text))
    weights /= weights.sum(-1, keepdims=True)

    def loss(text, ablated_heads):
        return 2.0 + sum(layer + head / 4 for layer, head in ablated_heads)

    return AttentionExplorer(
        lambda text, ablated_heads: (list(text), weights), text=text, loss=loss, layer=1, head=2
    )


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_every_head_of_the_explorer_opens_with_its_weights_and_its_loss(
    chromium, tmp_path, viewport
):
    control = explorer()
    file = tmp_path / "explorer.html"
    html = control._repr_mimebundle_()["text/html"]
    meta = '<meta name="viewport" content="width=device-width, initial-scale=1">'
    file.write_text(f"<!doctype html><title>heads</title>{meta}{html}", encoding="utf-8")
    page = opened(chromium, file, **({"viewport": viewport} if viewport else {}))
    caption = page.locator(".viz-attention [role=status]")
    weights = control.attention.weights
    best = int(weights[1, 2, 10].argmax())
    caption.get_by_text("layer 1, head 2: t (10) gives").wait_for()
    for layer, head in ((0, 1), (1, 0), (1, 2)):
        for select, place in zip(page.locator(".knobs select").all(), (layer, head)):
            select.select_option(str(place))
        words = caption.text_content()
        assert f"layer {layer}, head {head}: t (10) gives" in words
        shown = float(words.split(" gives ")[1].split()[0])
        assert shown == pytest.approx(weights[layer, head, 10, best], abs=0.008)
        change = "no change" if (layer, head) == (0, 0) else f"{layer + head / 4:.3f} worse"
        assert (
            page.get_by_text(f"without layer {layer}, head {head}").text_content().endswith(change)
        )
    page.get_by_label("The text.").press("ArrowLeft")
    assert "a (9)" in caption.text_content()
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"] and not page.complaints
