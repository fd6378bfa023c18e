"""draw_formats on a page: bits, stored numbers and words of Python for what is typed."""

import random
import struct

import pytest
from dials import PHONE, check_by_keys_and_on_a_phone, dial_page, opened, set_knobs

from viz import draw_formats
from viz.hardware.formats import alt_text, comparison, formula, title_sentence
from viz.hardware.number_formats import FORMATS

pytestmark = pytest.mark.browser
EXACT = (
    *("0", "-0", "1", "-1", "0.1", "-0.1", "257", "256.5", "65504", "65519.99", "65520", "448"),
    *("464", "464.0001", "57344", "61440", "1e-8", "2.98e-8", "2.980232238769531e-08", "1e-45"),
    *("7.1e-46", "5e-324", "1e308", "3.4028235e38", "3.4028236e38", "3.5e38", "1e400", "inf"),
    *("-inf", "nan", "INFINITY", " 12 ", "+.5", "5.", "1e5", "0.0009765625", "1234567.875", "1e7"),
)
WRONG = ("", "abc", "1,5", "0x10", "1e", "--1", "it's", "1 2", "a" * 80)


def numbers() -> list[str]:
    """Numbers at the edges of the formats, random bit patterns, and random sizes."""
    chance = random.Random(3)
    texts = list(EXACT)
    for fmt in FORMATS.values():
        for _ in range(12):  # exactly between two neighbours: a tie
            low = chance.randrange(fmt.first_non_finite - 1)
            texts.append(repr((fmt.decode(low) + fmt.decode(low + 1)) / 2))
    for _ in range(60):
        texts.append(repr(struct.unpack("d", struct.pack("Q", chance.getrandbits(64)))[0]))
        texts.append(repr(chance.uniform(-1, 1) * 10 ** chance.randint(-12, 12)))
    return texts


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return dial_page(tmp_path_factory.mktemp("formats"), draw_formats(0.1))


def test_bits_numbers_and_words_are_those_of_python(chromium, file):
    page = opened(chromium, file)
    texts = numbers()
    results = page.evaluate(
        "texts => texts.map(text => document.querySelector('.dial').dial.set({value: text}))",
        texts,
    )
    for text, result in zip(texts, results):
        value, data = float(text), draw_formats(float(text)).data
        for name, row in data.items():
            shown, fmt = result["rows"][name], FORMATS[name]
            words = {"formula": formula(fmt, row), "comparison": comparison(value, row, fmt)}
            expected = {**row, **words}
            for key, one in expected.items():
                if isinstance(one, str):
                    assert shown[key] == one, (text, name, key)
                else:
                    assert shown[key] == pytest.approx(one, rel=0, abs=0, nan_ok=True), (text, name)
        assert result["title"] == title_sentence(value, data)
        assert alt_text(value, data, "").startswith(result["title"])
    assert not page.complaints


def test_what_is_no_number_is_refused_with_the_words_of_python(chromium, file):
    page = opened(chromium, file)
    for text in WRONG:
        with pytest.raises(ValueError) as refused:
            draw_formats(text)
        assert set_knobs(page, {"value": text}) == {"error": str(refused.value)}
    assert page.locator(".dial-picture.pale .bits").count() == 5


def test_a_number_is_typed_on_a_phone_or_chosen(chromium, file):
    page = opened(chromium, file, PHONE)
    page.get_by_label("number", exact=True).fill("3.5")
    assert "1.75 × 2¹ = 3.5" in page.locator(".bits-row").first.text_content()
    page.get_by_role("button", name="65520").click()
    assert (
        "too large: the largest number is 65,504" in page.locator(".bits-row").nth(2).inner_text()
    )
    picture = page.locator(".dial-picture").bounding_box()
    last = page.locator(".bits-row").first.locator(".bits i").last.bounding_box()
    assert last["x"] + last["width"] <= picture["x"] + picture["width"]


def test_keys_and_a_phone(chromium, file):
    check_by_keys_and_on_a_phone(chromium, file)
