"""The header of a GGUF file: every field and every row as the package gguf reads them."""

import math
import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gptcore.gguf.header import read_header, shortest


def significant_digits(number):
    return len(Decimal(repr(number)).normalize().as_tuple().digits)


@given(st.floats(width=32, allow_nan=False))
def test_a_float32_is_read_as_its_shortest_decimal_number(number):
    short = shortest(number)
    assert significant_digits(short) <= significant_digits(number)
    if math.isfinite(number):
        assert struct.pack("<f", short) == struct.pack("<f", number)


@pytest.mark.parametrize("number", [1e-5, 1e-6, 100000.0, 0.1, 8.0, 1.5e-7, 3.4028235e38])
def test_what_a_config_says_comes_back_from_float32(number):
    (as_float32,) = struct.unpack("<f", struct.pack("<f", number))
    assert shortest(as_float32) == number


@pytest.mark.slow
def test_the_header_of_smollm2_is_what_the_package_reads(smollm2):
    gguf = pytest.importorskip("gguf.gguf_reader", reason="needs: pip install gguf")
    theirs, ours = gguf.GGUFReader(smollm2), read_header(smollm2)
    assert ours.bytes == smollm2.stat().st_size
    fields = {k: f for k, f in theirs.fields.items() if not k.startswith("GGUF.")}
    assert ours.metadata.keys() == fields.keys() and len(fields) == 33
    for key, field in fields.items():
        value = field.contents()
        expected = pytest.approx(value, rel=1e-7) if isinstance(value, float) else value
        assert ours.metadata[key] == expected, key
    assert [*ours.tensors] == [tensor.name for tensor in theirs.tensors]
    for tensor in theirs.tensors:
        info = ours.tensors[tensor.name]
        assert list(reversed(info.shape)) == tensor.shape.tolist()
        assert (info.type_id, info.offset) == (tensor.tensor_type, tensor.data_offset)
