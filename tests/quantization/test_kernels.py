"""Each kernel against the same product in float64, within a bound that is computed, not chosen."""

import pytest
import torch

from gptcore.quantization import KERNELS, fastest_kernel, find_kernel, quantize_int4, quantize_int8
from gptcore.quantization import kernels as module
from gptcore.quantization.kernels import OF_BITS, Kernel, is_right, trial_weight

CASES = [(bits, kernel) for bits, kernels in OF_BITS.items() for kernel in kernels]
NAMES = [kernel.name for _, kernel in CASES]


def product(bits: int, kernel: Kernel, M: int, group_size: int = 32):
    """Activations, weights, their quantized product, and the quantized weights."""
    generator = torch.Generator().manual_seed(M)
    x = torch.randn(M, 256, generator=generator)
    x[0, 3] = 60  # as the few large activations of real models
    weight = torch.randn(96, 256, generator=generator)
    rounded = quantize_int8(weight) if bits == 8 else quantize_int4(weight, group_size)
    return x, weight, kernel.linear(x, kernel.pack(rounded)), rounded


@pytest.mark.parametrize(("bits", "kernel"), CASES, ids=NAMES)
@pytest.mark.parametrize("M", [1, 3, 16])
@pytest.mark.parametrize("group_size", [32, 128])
def test_a_product_is_within_the_bound_of_the_float_product(bits, kernel, M, group_size):
    if not is_right(kernel, trial_weight(bits)):
        pytest.skip("not on this processor")
    x, weight, found, rounded = product(bits, kernel, M, group_size)
    exact = x.double() @ weight.double().t()
    step = rounded.error_bound().repeat_interleave(rounded.group_size, 1)  # (D, C)
    of_weights = x.abs() @ step.t()
    largest = x.abs().amax(1, keepdim=True) * rounded.dequantize().abs().sum(1)
    in_16_bits = x.abs() @ rounded.dequantize().abs().t() * 2**-7
    of_activations = {  # what the kernel loses of x, and of its result
        "int8_split": largest / 127 / 254 / 2,
        "int4_pack": in_16_bits,
    }.get(kernel.name, 0)
    assert ((found - exact).abs() <= of_weights + of_activations + 1e-3).all()


@pytest.mark.parametrize(("bits", "kernel"), CASES, ids=NAMES)
def test_what_was_packed_comes_back(bits, kernel):
    rounded = trial_weight(bits)
    if not is_right(kernel, rounded):
        pytest.skip("not on this processor")
    back = kernel.unpack(kernel.pack(rounded))
    assert torch.equal(back.q, rounded.q)
    assert torch.equal(back.dequantize(), rounded.dequantize())


def test_a_row_does_not_depend_on_the_rows_beside_it():
    kernel = KERNELS["int8_split"]
    if not is_right(kernel, trial_weight(8)):
        pytest.skip("not on this processor")
    x, _, together, rounded = product(8, kernel, 16)
    packed = kernel.pack(rounded)
    for i in range(16):
        assert torch.equal(kernel.linear(x[i : i + 1], packed)[0], together[i])


def test_a_kernel_that_saturates_or_is_missing_is_not_taken(monkeypatch):
    def saturating(x, packed):
        return KERNELS["int8_float"].linear(x, packed).clamp(-100, 100)

    def missing(x, packed):
        raise NotImplementedError("no such operator")

    plain = KERNELS["int8_float"]
    named = {"saturating": saturating, "missing": missing}
    wrong = [Kernel(name, f, plain.pack, plain.unpack, 2e-4) for name, f in named.items()]
    monkeypatch.setitem(module.OF_BITS, 8, [*wrong, plain])
    fastest_kernel.cache_clear()
    try:
        assert fastest_kernel(8) == "int8_float"
    finally:
        fastest_kernel.cache_clear()


def test_an_unknown_kernel_is_named_with_the_known_ones():
    with pytest.raises(ValueError, match=r"kernel of 4 bits 'int8_split'.*int4_pack, int4_float"):
        find_kernel("int8_split", 4)


def test_threads_are_as_before():
    before = torch.get_num_threads()
    fastest_kernel.cache_clear()
    fastest_kernel(4)
    assert torch.get_num_threads() == before
