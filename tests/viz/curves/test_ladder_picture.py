"""Bars of a ladder: a logarithmic scale, the largest jump, texts that hold on every machine."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest
from matplotlib.figure import Figure

from viz import draw_ladder
from viz.canvas.palette import BLUE, ORANGE
from viz.curves.ladder import format_duration, format_factor

NS = "{http://www.w3.org/2000/svg}"
RUNGS = [("scalars", 200_000.0), ("fused", 10_000.0), ("arrays", 100.0)]


def elements(picture, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(picture.to_svg()).iter(f"{NS}{tag}"))


def words_of(picture) -> list[str]:
    return [element.text or "" for element in elements(picture, "text")]


def bars_of(picture) -> list[tuple[float, str]]:
    found = [r.attrib for r in elements(picture, "rect") if r.get("fill") in (BLUE, ORANGE)]
    return [(float(bar["width"]), bar["fill"]) for bar in found]


def test_bars_have_a_logarithmic_scale_and_the_largest_jump_is_orange():
    (width_0, c0), (width_1, c1), (width_2, c2) = bars_of(draw_ladder(RUNGS))
    # log10: 5.30, 4, 2
    assert (width_0 - width_1) / (width_1 - width_2) == pytest.approx(1.301 / 2, abs=0.01)
    assert (c0, c1, c2) == (BLUE, BLUE, ORANGE)


def test_times_and_factors_are_written_beside_the_bars():
    words = words_of(draw_ladder(RUNGS))
    assert {"200 ms", "10 ms, 20 times", "100 µs, 2,000 times"} <= set(words)
    assert {"20 times as fast", "100 times as fast"} <= set(words)
    assert "The largest jump leads to arrays" in words


def test_a_slower_rung_is_described_as_slower():
    picture = draw_ladder([*RUNGS, ("PyTorch", 900.0)])
    assert "9 times as slow" in words_of(picture)
    assert picture.alt.startswith("Times of scalars; fused; arrays; PyTorch.")


def test_the_alt_text_has_times_only_with_times_in_alt():
    other = [(name, time * wobble) for (name, time), wobble in zip(RUNGS, (0.8, 1.1, 1.3))]
    assert draw_ladder(RUNGS).alt == draw_ladder(other).alt
    one, two = (draw_ladder([*RUNGS, ("PyTorch", time)]).alt for time in (99.0, 101.0))
    assert one == two  # just faster than arrays, and just slower
    assert draw_ladder(RUNGS).alt == "Times of scalars; fused; arrays."
    assert draw_ladder(RUNGS, times_in_alt=True).alt == (
        "Time for one document: scalars 200 ms; fused 10 ms, 20 times as fast; arrays 100 µs, "
        "2,000 times as fast. The largest jump leads to arrays."
    )
    assert not re.search(r"\d (ms|µs)", draw_ladder(RUNGS).alt)


def test_similar_jumps_are_not_ranked_in_the_alt_text():
    close = [("a", 1000.0), ("b", 100.0), ("c", 9.0)]
    assert "largest" not in draw_ladder(close).alt
    assert "largest" in draw_ladder(close, times_in_alt=True).alt


def test_a_guess_is_marked_and_an_empty_one_is_not():
    picture = draw_ladder(RUNGS, guess="fused")
    assert "your guess" in words_of(picture) and picture.alt.endswith("The guess was fused.")
    assert draw_ladder(RUNGS, guess=...).to_svg() == draw_ladder(RUNGS).to_svg()


def test_records_and_pairs_give_the_same_picture_and_data():
    @dataclass
    class Rung:
        name: str
        microseconds: float

    records = [Rung(*pair) for pair in RUNGS]
    assert draw_ladder(records).to_svg() == draw_ladder(RUNGS).to_svg()
    assert draw_ladder(records).data == RUNGS


def test_names_from_outside_are_escaped():
    assert "<script>" not in draw_ladder([("<script>", 2.0), ("b", 1.0)]).to_html()
    assert "<script>" not in draw_ladder([("<script>", 2.0), ("b", 1.0)]).to_svg()


@pytest.mark.parametrize(
    "rungs, guess, words",
    [
        ([], None, "needs two rungs or more, and there are 0"),
        (RUNGS[:1], None, "needs two rungs or more, and there are 1"),
        ([("a", 1.0), ("b", 0.0)], None, "'b' has 0.0 microseconds; it must be above 0"),
        ([("a", 1.0), ("b", float("nan"))], None, "must be above 0"),
        ([1.0, 2.0], None, r"1.0 is not a rung: give pairs \(name, microseconds\)"),
        (RUNGS, "scalars", "not a rung that a jump leads to; these are fused, arrays"),
        (RUNGS, "array", "Did you mean 'arrays'"),
    ],
)
def test_invalid_rungs_and_guesses_are_refused(rungs, guess, words):
    with pytest.raises(ValueError, match=words):
        draw_ladder(rungs, guess=guess)


@pytest.mark.parametrize("times", [(1e9, 1e-3), (1.0, 1.0), (10.0, 10.0), (0.4, 30.0)])
def test_any_times_fit_into_the_picture(times):
    picture = draw_ladder(list(zip("ab", times)))
    assert all(0 < width <= 425 for width, _ in bars_of(picture))
    assert picture.scene.width == draw_ladder(RUNGS).scene.width


def test_durations_are_short_and_factors_have_two_digits():
    texts = [format_duration(t) for t in (0.4, 98.8, 996, 8034, 172819, 2.5e6)]
    assert texts == ["0.4 µs", "99 µs", "1 ms", "8 ms", "170 ms", "2.5 s"]
    assert [format_factor(t) for t in (9.11, 21.53, 1590.4)] == ["9.1", "22", "1,600"]


def test_it_draws_on_matplotlib_axes():
    ax = Figure().subplots()
    assert draw_ladder(RUNGS, ax=ax) is ax
    assert ax.patches
