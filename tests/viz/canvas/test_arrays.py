"""Checks of numbers: one row of them is accepted, everything else is refused."""

import math

import numpy as np
import pytest

from viz.canvas.arrays import count_axes, to_nested_list, to_numbers


@pytest.mark.parametrize(
    "given",
    [
        [0.5, 0, 1],
        (0.5, 0.0, 1.0),
        (x for x in (0.5, 0.0, 1.0)),
        np.array([0.5, 0, 1]),
        np.array([0.5, 0, 1], dtype=np.float16),
        np.array([0.5, 9, 0, 9, 1])[::2],
        [np.float32(0.5), np.float32(0), np.float32(1)],
    ],
    ids=["list", "tuple", "generator", "numpy", "float16", "every second", "list of scalars"],
)
def test_a_row_of_any_kind_becomes_plain_floats(given):
    numbers = to_numbers(given, "it")
    assert numbers == [0.5, 0.0, 1.0]
    assert all(type(number) is float for number in numbers)


def test_a_16_bit_tensor_that_requires_grad_is_accepted():
    torch = pytest.importorskip("torch")
    row = torch.tensor([0.5, 0.0, 1.0], dtype=torch.bfloat16, requires_grad=True)
    assert to_numbers(row, "it") == [0.5, 0.0, 1.0]
    assert to_numbers(list(row.detach()), "it") == [0.5, 0.0, 1.0]


def test_a_table_is_refused_with_its_shape():
    with pytest.raises(ValueError, match=r"probs must be one row of numbers, .*\(2, 3\)"):
        to_numbers(np.zeros((2, 3)), "probs")


@pytest.mark.parametrize(
    "given",
    [[[1.0], [2.0]], np.float64(3.0), 3.0, None, "0.5", ["a"], [None], [np.zeros(2)], [1 + 2j]],
    ids=repr,
)
def test_anything_but_a_row_of_numbers_is_a_value_error_that_names_it(given):
    with pytest.raises(ValueError, match="probs"):
        to_numbers(given, "probs")


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_named_with_its_position(bad):
    with pytest.raises(ValueError, match=f"losses has {bad} at position 2; 2 of 4 are not finite"):
        to_numbers([0.0, 1.0, bad, bad], "losses")


def test_an_empty_row_is_a_row():
    assert to_numbers([], "it") == []


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 3, 4)])
def test_an_array_of_any_depth_becomes_lists_of_floats(shape):
    array, axes = np.random.default_rng(0).normal(size=shape), " ".join("HTD"[: len(shape)])
    for given in (array, array.tolist(), list(array)):
        assert to_nested_list(given, "it", axes) == array.tolist()
        assert count_axes(given) == len(shape)


@pytest.mark.parametrize("given", [[1.0, 2.0], np.zeros((2, 2, 2)), 3.0, None, "ab", [["a"]]])
def test_an_array_with_other_axes_is_refused_by_its_name(given):
    with pytest.raises(ValueError, match="weights"):
        to_nested_list(given, "weights", "T T")


def test_rows_of_different_length_are_named():
    with pytest.raises(ValueError, match=r"\(T, T\), but its rows .* lengths, 1 and 3"):
        to_nested_list([[1.0], [1.0, 2.0, 3.0]], "weights", "T T")
