"""Games on a page: the same choices have the same replies and scores as in the control."""

import json
import random

import pytest
from dials import (
    PHONE,
    check_by_keys_and_on_a_phone,
    check_with_axe,
    dial_page,
    opened,
    set_knobs,
)

import viz
from course.experiments.text.tokenizing import merge_game
from gptcore.corpus import load_documents
from gptcore.scalar import NgramTable

pytestmark = pytest.mark.browser
UNREADABLE = ("e 40 e 3", "q!", "e 0", "zz 5", "e 101", "e 60 a 60", "5 e", "ä 3", "'x 3")
CHOICES = {(width, depth): 1 / width + depth / 7 for width in (1, 2, 4) for depth in (2, 3)}


@pytest.fixture(scope="module")
def names():
    return load_documents("names")


def shannon(names):
    letters = sorted(set("".join(names)))
    table = NgramTable(letters, context_size=1).fit(names[:2000])
    return viz.ShannonGame(names[2000:2004], table.vocab, {"bigrams": table.next_probabilities})


def test_the_scores_of_bets_are_those_of_the_control(names, chromium, tmp_path):
    page, chance = opened(chromium, dial_page(tmp_path, shannon(names))), random.Random(0)
    for _ in range(30):
        control, all_bets = shannon(names), []
        for number, word in enumerate(control.words, 1):
            control.number.value = number
            points = [
                " ".join(f"{x} {chance.randint(1, 30)}" for x in chance.sample(word, 1))
                for _ in range(chance.choice((0, 1, len(word), len(word) + 1)))
            ]
            all_bets.append(points)
            for typed in points:
                control.text.value = typed
        control.number.value = chance.randint(1, len(all_bets))
        values = {"number": control.number.value, "bets": json.dumps(all_bets), "typed": ""}
        result, expected = set_knobs(page, values), control.picture()
        assert result["text"] == expected.alt
        for name, nats in expected.data["nats"].items():
            assert result["nats"][name] == pytest.approx(nats, rel=1e-9)
        assert result["scores"] == pytest.approx(control.scores(), rel=1e-9)
        total = f"<p><b>{result['standing']}</b> {result['total']}</p>"
        assert control.total() == (total if result["total"] else "")
    assert not page.complaints


@pytest.mark.parametrize("typed", UNREADABLE)
def test_a_bet_that_cannot_be_read_gets_the_words_of_the_control(typed, names, chromium, tmp_path):
    control = shannon(names)
    control.text.value = typed
    page = opened(chromium, dial_page(tmp_path, control), PHONE)
    page.get_by_label("points for the next letter").fill(typed)
    page.get_by_role("button", name="bet").click()
    assert page.locator(".dial-error").inner_text() == control.note != ""
    page.get_by_label("points for the next letter").fill("e 40")
    page.keyboard.press("Enter")
    assert page.locator(".dial-error").inner_text() == ""
    assert "the first 1 letters" in page.locator(".dial-text").inner_text()
    assert page.evaluate("document.activeElement.type") == "text"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_mistyped_bet_can_be_corrected_and_outlives_a_turned_phone(names, chromium, tmp_path):
    page = opened(chromium, dial_page(tmp_path, shannon(names)))
    box, error = page.get_by_label("points for the next letter"), page.locator(".dial-error")
    box.fill("e 40 e")
    page.get_by_role("button", name="bet").click()
    assert error.inner_text() and box.input_value() == "e 40 e"
    assert page.locator(".dial-picture.pale, .dial-picture[aria-hidden=true]").count() == 0
    page.set_viewport_size(PHONE)
    page.wait_for_function("document.querySelector('.dial-bet').clientWidth < 400")
    assert page.evaluate("document.activeElement.value") == box.input_value() == "e 40 e"
    page.keyboard.press("Backspace")
    assert error.inner_text() == "" and box.input_value() == "e 40 "
    page.keyboard.type("!")
    page.keyboard.press("Enter")
    assert error.inner_text()
    page.get_by_role("button", name="Reset").click()
    assert error.inner_text() == box.input_value() == "" and not page.complaints


def test_long_text_is_refused_at_once(names, chromium, tmp_path):
    page = opened(chromium, dial_page(tmp_path, shannon(names)))
    assert page.get_by_label("points for the next letter").get_attribute("maxlength") == "200"
    spaces = json.dumps([1, " " * 20_000 + "x"])
    assert "cannot be read" in set_knobs(page, {"number": 1, "typed": spaces})["complaint"]
    page = opened(chromium, dial_page(tmp_path, viz.draw_formats(0.1)))
    assert page.get_by_label("number", exact=True).get_attribute("maxlength") == "400"
    start = page.evaluate("performance.now()")
    assert "one number" in set_knobs(page, {"value": "1" * 100_000 + "x"})["error"]
    assert page.evaluate("performance.now()") - start < 1000 and not page.complaints


def test_a_playing_dial_stops_and_speaks_only_then(chromium, tmp_path):
    area = {"x_range": (-10, 10), "y_range": (-3, 3)}
    control = viz.DescentPlayer(
        lambda x, y: x * x / 20 + y * y, lambda x, y: (x / 10, 2 * y), (-9, 2), **area
    )
    page = opened(chromium, dial_page(tmp_path, control))
    assert not page.get_by_role("group").get_attribute("aria-label").endswith("a dial")
    play, status = page.locator(".play button").nth(1), page.locator(".dial-text")
    step = "document.querySelector('.dial').dial.values.steps"
    set_knobs(page, {"steps": 0})
    before = status.text_content()
    stops = (
        lambda: page.get_by_role("button", name="Reset").click(),
        lambda: set_knobs(page, {"steps": 0}),
        play.click,
    )
    for stop in stops:
        set_knobs(page, {"steps": 0})
        play.click()
        page.wait_for_function(f"{step} > 1")
        assert status.text_content() == before != page.locator(".dial-passing").text_content()
        stop()
        assert play.inner_text() == "play"
        place = page.evaluate(step)
        page.wait_for_timeout(500)
        assert page.evaluate(step) == place and page.locator(".dial-passing").is_hidden()
        assert status.text_content() == page.evaluate(
            "document.querySelector('.dial').dial.result.text"
        )
    assert not page.complaints


def test_merges_are_those_of_the_control(chromium, tmp_path):
    stories = [*load_documents("stories")[:6], "déjà vu, 日本 日本\n"]
    control, chance = merge_game(stories, 270), random.Random(0)
    page = opened(chromium, dial_page(tmp_path, control), PHONE)
    buttons = page.locator(".dial-buttons button")
    for _ in range(40):
        labels = [button.description for button in control.buttons if button.description]
        assert buttons.all_inner_texts() == [*labels, "undo"]
        if chance.random() < 0.2 or not labels:
            if control.yours:
                control.undo()
                page.get_by_role("button", name="undo").click()
        else:
            place = chance.randrange(len(labels))
            control.choose(place)
            buttons.nth(place).click()
        result = page.evaluate("document.querySelector('.dial').dial.result")
        expected = control.picture()
        assert result["text"] == expected.alt and result["note"] == control.note
        assert result["saved"] == expected.data["yours"]
        assert result["algorithm"] == expected.data["algorithm"]
    assert page.evaluate("document.activeElement.tagName") == "BUTTON"
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Reset").click()
    assert page.locator(".dial-text").inner_text().startswith("0 of 14 merges")
    assert not page.complaints
    check_with_axe(page)


def hyperparameters(recorded=CHOICES):
    return viz.HyperparameterDial(
        lambda width, depth: CHOICES[width, depth],
        {"width": [1, 2, 4], "depth": [2, 3]},
        [{"width": 1, "depth": 2}, {"width": 4, "depth": 2}],
        lines={"a table": 0.9},
        recorded=recorded,
        title="Loss",
    )


def test_runs_of_a_page_are_those_of_the_control(chromium, tmp_path):
    control = hyperparameters()
    page = opened(chromium, dial_page(tmp_path, control), PHONE)
    for width, depth in [(1, 3), (4, 3), (1, 2), (2, 2), (2, 3), (4, 3)]:
        for slider, value in zip(control.sliders, (width, depth)):
            slider.value = value
        result = set_knobs(page, {"width": width, "depth": depth})
        assert result["note"] == control.note and result["text"] == control.picture().alt
        button = page.get_by_role("button", name="train")
        assert button.is_enabled() == ((width, depth) not in control.losses)
        if button.is_enabled():
            control.press()
            button.click()
        assert page.locator(".dial-text").inner_text() == control.picture().alt
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not page.complaints


def test_without_all_recorded_losses_there_is_no_dial():
    assert hyperparameters({(1, 2): 0.5}).page_dial() is None


def test_keys_and_a_phone(names, chromium, tmp_path):
    for control in (shannon(names), hyperparameters()):
        check_by_keys_and_on_a_phone(chromium, dial_page(tmp_path, control))
