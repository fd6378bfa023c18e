"""One number in bits, compared with the formats of PyTorch."""

import time
import xml.etree.ElementTree as ET
from math import inf, isnan, nan

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from viz import draw_formats
from viz.canvas.palette import BLUE, ORANGE, SLATE
from viz.canvas.scene import Rect
from viz.hardware.formats import MANTISSA_LEFT
from viz.hardware.number_formats import FORMATS

NS = "{http://www.w3.org/2000/svg}"
IN_TORCH = {
    "float32": (torch.float32, torch.int32),
    "bfloat16": (torch.bfloat16, torch.int16),
    "float16": (torch.float16, torch.int16),
    "float8_e4m3": (torch.float8_e4m3fn, torch.uint8),
    "float8_e5m2": (torch.float8_e5m2, torch.uint8),
}
CORNERS = [0.0, -0.0, 1.0, -1.0, 0.1, 257.0, 65504.0, 65519.9, 65520.0, 3.3895314e38, 2**-149]
EVEN = [256.5, 257.5, 2.0**-15 + 2.0**-25, 2.0**-10, 3 * 2.0**-10, 2.0**-17, 3 * 2.0**-17, 1.0625]


def numbers_of_32_bits() -> np.ndarray:
    """Of all sizes, with halves between two neighbours, and every kind of small one."""
    rng = np.random.default_rng(0)
    patterns = rng.integers(0, 2**32, size=4000, dtype=np.uint32).view(np.float32)
    usual = (rng.normal(size=2000) * 10 ** rng.uniform(-9, 5, size=2000)).astype(np.float32)
    eighths = (rng.integers(-(2**12), 2**12, size=2000) * 2.0**-14).astype(np.float32)
    numbers = np.concatenate([patterns, usual, eighths, np.float32(CORNERS + EVEN)])
    return numbers[np.isfinite(numbers)]


def bits_in_torch(name: str, numbers: np.ndarray) -> list[int]:
    dtype, integer_dtype = IN_TORCH[name]
    bits = torch.from_numpy(numbers).to(dtype).view(integer_dtype).to(torch.int64)
    return (bits % 2 ** FORMATS[name].bits).tolist()


def texts_of(picture) -> list[str]:
    return [t.text or "" for t in ET.fromstring(picture.to_svg()).iter(f"{NS}text")]


@pytest.mark.parametrize("name", IN_TORCH)
def test_the_bits_are_those_that_torch_stores(name):
    numbers = numbers_of_32_bits()
    if name == "float8_e4m3":  # what torch makes of larger ones changed from version to version
        numbers = numbers[np.abs(numbers) <= 464]
    ours = [FORMATS[name].encode(x) for x in numbers.tolist()]
    theirs = bits_in_torch(name, numbers)
    wrong = [(x, a, b) for x, a, b in zip(numbers, ours, theirs) if a != b]
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("name", IN_TORCH)
def test_every_pattern_means_what_it_means_to_torch(name):
    dtype, one = IN_TORCH[name][0], FORMATS[name]
    if one.bits == 32:
        patterns = np.random.default_rng(1).integers(0, 2**32, size=5000)
    else:
        patterns = np.arange(0, 2**one.bits, 1 if one.bits == 8 else 7)
    stored = patterns.astype({8: np.uint8, 16: np.uint16, 32: np.uint32}[one.bits])
    signed = stored.view({8: np.uint8, 16: np.int16, 32: np.int32}[one.bits])
    theirs = torch.from_numpy(signed).view(dtype).to(torch.float64).tolist()
    for pattern, number in zip(patterns.tolist(), theirs):
        ours = one.decode(pattern)
        assert ours == number or (isnan(ours) and isnan(number)), (pattern, ours, number)
        if not isnan(number):
            assert one.encode(ours) == pattern


@pytest.mark.parametrize("name", ["float32", "float16"])
def test_neighbours_are_those_of_numpy(name):
    numbers = numbers_of_32_bits()
    numbers = numbers[np.abs(numbers) < 65504].astype(name)
    above, below = (np.nextafter(numbers, np.array(way, name)) for way in (inf, -inf))
    for x, low, high in zip(*(a.astype(float).tolist() for a in (numbers, below, above))):
        assert FORMATS[name].neighbours(x) == (low, high)


@pytest.mark.parametrize("name", IN_TORCH)
def test_nothing_lies_between_a_number_and_its_neighbours(name):
    one = FORMATS[name]
    for x in numbers_of_32_bits()[:500].tolist():
        stored = one.decode(one.encode(x))
        below, above = one.neighbours(x)
        if abs(x) < 400:
            assert below < stored < above
            for other in (below, above):
                assert one.decode(one.encode(other)) == other
                middle = (stored + other) / 2
                assert one.decode(one.encode(middle)) in (stored, other)


def test_too_large_numbers_become_infinity_or_the_largest_number():
    for name, largest in (("float16", 65504), ("bfloat16", 3.3895313892515355e38)):
        one = FORMATS[name]
        assert one.decode(one.encode(largest)) == largest
        assert one.decode(one.encode(largest * 1.01)) == inf
        assert one.decode(one.encode(-inf)) == -inf
    e4m3, e5m2 = FORMATS["float8_e4m3"], FORMATS["float8_e5m2"]
    assert e5m2.decode(e5m2.encode(57344)) == 57344 and e5m2.decode(e5m2.encode(1e5)) == inf
    for x in (449, 465, 480, 1e9, inf):  # the paper's table 1: 448, and no infinity
        assert e4m3.decode(e4m3.encode(x)) == 448 and e4m3.decode(e4m3.encode(-x)) == -448
    assert all(isnan(one.decode(one.encode(nan))) for one in FORMATS.values())


def test_256_and_1_are_256_in_bfloat16():
    row = draw_formats(257).data["bfloat16"]
    assert (row["stored"], row["below"], row["above"]) == (256, 255, 258)
    picture = draw_formats(256 + 1)
    texts = texts_of(picture)
    assert texts[0] == "257 is stored exactly by float32 and float16, not by the others"
    assert "1 × 2⁸ = 256" in texts
    assert "off by 1; neighbours 255 and 258, 1 and 2 away" in texts
    assert "exact; neighbours 256.75 and 257.25, 0.25 away" in texts


def test_one_tenth_has_the_bits_of_the_textbooks():
    data = draw_formats(0.1).data
    assert "".join(data["float32"][part] for part in ("sign", "exponent", "mantissa")) == (
        "00111101110011001100110011001101"
    )
    assert data["float32"]["stored"] == float(np.float32(0.1))
    assert data["bfloat16"]["mantissa"] == data["float32"]["mantissa"][:6] + "1"  # rounded up
    texts = texts_of(draw_formats(0.1))
    assert texts[0] == "0.1 is stored exactly by none of these formats"
    assert "1.6015625 × 2⁻⁴ = 0.10009765625" in texts


def test_every_bit_has_a_cell_in_its_colour_and_all_mantissas_are_aligned():
    picture = draw_formats(-0.1)
    starts, seen = set(), []
    cells = [s for s in picture.scene.shapes if isinstance(s, Rect)]
    for row in picture.data.values():
        bits = row["sign"] + row["exponent"] + row["mantissa"]
        own, cells = cells[: len(bits)], cells[len(bits) :]
        assert len({box.y for box in own}) == 1
        starts.add(own[1 + len(row["exponent"])].x)
        seen.append([box.fill for box, bit in zip(own, bits) if bit == "1"])
    assert not cells and starts == {MANTISSA_LEFT}
    for fills, row in zip(seen, picture.data.values()):
        ones = [row[part].count("1") for part in ("sign", "exponent", "mantissa")]
        assert fills == ones[0] * [SLATE] + ones[1] * [ORANGE] + ones[2] * [BLUE]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.0, "exact; neighbours −1.40129846432·10⁻⁴⁵ and 1.40129846432·10⁻⁴⁵, 1.4·10⁻⁴⁵ away"),
        (-1e6, "−1.75 × 2⁸ = −448"),
        (-1e6, "off by 999,552; 448 is the largest number"),
        (-1e6, "−infinity"),
        (1e6, "too large: the largest number is 65,504"),
        (3e-5, "0.5 × 2⁻¹⁴ = 3.0517578125·10⁻⁵"),
        (inf, "infinity"),
        (nan, "not a number"),
        (np.float32(2.0), "2 is stored exactly by every one of these formats"),
        (torch.tensor(3), "1.5 × 2¹ = 3"),
    ],
)
def test_edge_cases_are_explained(value, expected):
    assert expected in texts_of(draw_formats(value))


def test_the_alt_text_has_the_stored_numbers():
    assert draw_formats(257, ["bfloat16"]).alt == (
        "257 is stored exactly by none of these formats: bfloat16 256 (0 10000111 0000000)."
    )


@pytest.mark.parametrize(
    ("value", "formats", "expected"),
    [
        ("0.1", ["float32"], "value must be one number, such as 0.1, not '0.1'"),
        (True, ["float32"], "value must be one number"),
        (10**400, ["float32"], r"is larger than a float of 64 bits; float\('inf'\) is infinity"),
        (0.1, ["bf16"], "There is no format 'bf16'. Did you mean 'bfloat16'"),
        (0.1, ["x"], "There is no format 'x'. There are: float32, bfloat16, float16, float8_e4m3"),
        (0.1, "float32", "formats must be a list of at least one name, not 'float32'"),
        (0.1, [], "formats must be a list"),
    ],
)
def test_invalid_numbers_and_unknown_formats_are_refused(value, formats, expected):
    with pytest.raises(ValueError, match=expected):
        draw_formats(value, formats)


def test_it_is_drawn_quickly_and_texts_stay_inside_the_picture():
    start = time.process_time()
    for x in CORNERS:
        picture = draw_formats(-x / 3)
        for text in ET.fromstring(picture.to_svg()).iter(f"{NS}text"):
            assert (
                float(text.get("x"))
                + 6.5 * len(text.text) * (text.get("text-anchor", "start") == "start")
                < picture.scene.width + 20
            )
    assert (time.process_time() - start) / len(CORNERS) < 0.15


def test_matplotlib_draws_the_same_texts():
    ax = Figure().add_subplot()
    assert draw_formats(257, ax=ax) is ax
    assert "1 × 2⁸ = 256" in {text.get_text() for text in ax.texts}
