"""Rounded weights are within the stated bound of the original, on weights of every shape."""

import pytest
import torch

from gptcore.quantization import (
    QuantizedWeight,
    pack_nibbles,
    quantize_int4,
    quantize_int8,
    unpack_nibbles,
)


def weights(kind: str, seed: int) -> torch.Tensor:
    weight = torch.randn(12, 128, generator=torch.Generator().manual_seed(seed))
    if kind == "an outlier":
        weight[3, 17] = 500
    elif kind == "all above zero":
        weight = weight.abs() + 30
    elif kind == "equal numbers":
        weight[:] = 0.7
    elif kind == "zeros":
        weight[:] = 0
    elif kind == "of all sizes":
        weight = weight * torch.logspace(-6, 3, 12)[:, None]
    return weight


KINDS = ("normal", "an outlier", "all above zero", "equal numbers", "zeros", "of all sizes")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("group_size", [32, 64, 128])
def test_every_weight_is_within_the_bound(kind, group_size):
    for seed in range(5):
        weight = weights(kind, seed)
        for rounded in (quantize_int8(weight), quantize_int4(weight, group_size)):
            error = (rounded.dequantize() - weight).abs()
            groups = error.unflatten(1, (-1, rounded.group_size)).amax(2)
            limit = rounded.error_bound() * (1 + 1e-5) + 1e-8  # float32 rounds, too
            assert (groups <= limit).all(), (kind, rounded.bits)


def test_eight_bits_are_those_of_pytorchs_own_quantization():
    weight = weights("an outlier", 0)
    rounded = quantize_int8(weight)
    theirs = torch.quantize_per_channel(
        weight, rounded.scale.flatten(), torch.zeros(12, dtype=torch.int64), 0, torch.qint8
    )
    assert torch.equal(rounded.q, theirs.int_repr())
    assert torch.equal(rounded.dequantize(), theirs.dequantize())


def test_an_outlier_harms_its_group_only():
    with_outlier = weights("normal", 1)
    with_outlier[0, 0] = 100
    error = (quantize_int4(with_outlier, 32).dequantize() - with_outlier).abs()[0]
    assert error[1:32].mean() > 5 * error[32:].mean()


def test_two_numbers_fit_in_a_byte():
    q = torch.arange(16, dtype=torch.uint8).repeat(3, 2)
    assert pack_nibbles(q).shape == (3, 16)
    assert torch.equal(unpack_nibbles(pack_nibbles(q)), q)


def test_bytes_are_counted_by_hand():
    rounded = quantize_int4(torch.zeros(8, 64), 32)
    assert isinstance(rounded, QuantizedWeight)
    assert (rounded.bits, rounded.group_size) == (4, 32)
    assert pack_nibbles(rounded.q).nbytes == 8 * 64 / 2
    assert rounded.scale.nbytes == rounded.middle.nbytes == 8 * 2 * 2


@pytest.mark.parametrize(("group_size", "rule"), [(48, "is not one of 32"), (True, "integer")])
def test_other_group_sizes_are_refused(group_size, rule):
    with pytest.raises(ValueError, match=rule):
        quantize_int4(torch.zeros(2, 96), group_size)


def test_a_width_that_no_group_divides_is_refused():
    with pytest.raises(ValueError, match=r"does not divide the 96 columns.* Use one of 32"):
        quantize_int4(torch.zeros(2, 96), 64)
