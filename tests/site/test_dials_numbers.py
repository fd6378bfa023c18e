"""What every dial shares: numbers written as Python writes them, and a page that stays whole."""

import random

import pytest
from dials import dial_page, opened, set_knobs

from course.experiments.training.story_runs import rate_at
from viz import ScheduleDial, draw_formats
from viz.canvas.ticks import linear_ticks
from viz.curves.schedule import format_rate
from viz.hardware.memory import format_bytes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    return opened(chromium, dial_page(tmp_path_factory.mktemp("dial"), draw_formats(0.1)))


def some_numbers() -> list[float]:
    """Numbers of all sizes; many are exactly between two roundings."""
    chance = random.Random(5)
    ties = [chance.randrange(10**6) / 2 ** chance.randrange(20) for _ in range(1000)]
    others = [chance.uniform(-1, 1) * 10.0 ** chance.randint(-20, 22) for _ in range(1000)]
    return [0.0, -0.0, 0.5, 1.5, 2.5, 9.995, 999999.5, 1e21, 123456789012345.0, *ties, *others]


def test_numbers_are_written_as_python_writes_them(page):
    chance = random.Random(6)
    requested = [(number, chance.randrange(8)) for number in some_numbers()]
    written = page.evaluate(
        """requested => { const { fixed, general, commas } = vizDial.format;
        return requested.map(([number, digits]) => [fixed(number, digits),
            general(number, digits || 1), commas(fixed(number, digits))]); }""",
        requested,
    )
    for (number, digits), words in zip(requested, written):
        expected = [f"{number:.{digits}f}", f"{number:.{digits or 1}g}", f"{number:,.{digits}f}"]
        assert words == expected, (number, digits)


def test_bytes_rates_and_ticks_are_those_of_the_pictures(page):
    sizes = [abs(number) for number in some_numbers() if abs(number) < 1e15]
    assert page.evaluate("sizes => sizes.map(vizDial.format.bytes)", sizes) == [
        *map(format_bytes, sizes)
    ]
    rates = [number for number in sizes if 0 < number < 0.01]
    assert page.evaluate("rates => rates.map(rate => vizDial.format.power(rate))", rates) == [
        *map(format_rate, rates)
    ]
    for high in (1.04 * 5e-4, 12_000, 0.7, 3.0, 97.5):
        ticks = page.evaluate("high => vizDial.ticks(0, high, 4)", high)
        assert ticks == pytest.approx(linear_ticks(0, high, 4))


def test_a_knob_or_a_value_that_is_not_there_is_refused(page, chromium, tmp_path):
    with pytest.raises(Exception, match="there is no knob colour"):
        set_knobs(page, {"colour": 1})
    sliders = opened(chromium, dial_page(tmp_path, ScheduleDial(rate_at)))
    with pytest.raises(Exception, match="warmup cannot be 50"):
        set_knobs(sliders, {"warmup": 50})


def test_a_dial_whose_data_are_wrong_leaves_the_still_picture(chromium, tmp_path):
    file = dial_page(tmp_path, draw_formats(257, ["float32"]))
    broken = file.read_text(encoding="utf-8").replace('"formats":[', '"others":[')
    file.write_text(broken, encoding="utf-8")
    page = opened(chromium, file)
    assert page.locator(".dial-still").is_visible() and page.locator(".dial-live").count() == 0
    assert page.complaints
