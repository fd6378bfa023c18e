"""The order in memory: strides as NumPy and PyTorch give them, and what each operation changes."""

import numpy as np
import pytest
import torch

from viz import MemoryOrderDial, draw_memory_order

X = torch.arange(8).view(2, 4)


def test_a_view_keeps_the_order_in_memory_and_has_its_strides():
    for y in (X, X.view(4, 2), X.view(8), X.transpose(0, 1)):
        data = draw_memory_order(y).data
        assert data["strides"] == list(y.stride())
        assert data["shape"] == list(y.shape)
        assert data["memory"] == list(range(8))


def test_a_copy_has_another_order_in_memory():
    copy = X.transpose(0, 1).reshape(8)
    assert draw_memory_order(copy).data["memory"] == [0, 4, 1, 5, 2, 6, 3, 7]


def test_arrays_of_numpy_are_drawn_like_tensors():
    one, other = draw_memory_order(X.numpy().T), draw_memory_order(X.transpose(0, 1))
    assert one.data == other.data
    assert one.scene.to_svg("") == other.scene.to_svg("")


def test_the_sentence_says_how_far_the_next_number_is():
    assert draw_memory_order(X.transpose(0, 1)).alt == (
        "Shape (4, 2): one row down is 1 place further in memory, one column right is 4 places. "
        "Rows: 0 4; 1 5; 2 6; 3 7."
    )
    assert draw_memory_order(X.view(8)).alt.startswith("Shape (8,): the next number is 1 place")


@pytest.mark.parametrize("wrong", [np.zeros((2, 4)), np.arange(8).reshape(2, 2, 2), np.arange(17)])
def test_what_cannot_be_drawn_is_refused(wrong):
    with pytest.raises(ValueError, match="numbers"):
        draw_memory_order(wrong)


def test_the_dial_shows_each_operation_and_the_message_of_an_error():
    transposed = X.transpose(0, 1)
    dial = MemoryOrderDial({"x": lambda: X, "x.T": lambda: X.T, "no": lambda: transposed.view(8)})
    assert dial.still.data["shape"] == [2, 4]
    dial.operation.value = "x.T"
    assert dial.picture().data["shape"] == [4, 2]
    dial.operation.value = "no"
    assert "reshape" in dial.picture().data["error"]
    assert "raises an error" in dial.picture().alt


def test_a_dial_without_operations_is_refused():
    with pytest.raises(ValueError, match="at least one operation"):
        MemoryOrderDial({})
