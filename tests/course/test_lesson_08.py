"""What lesson 8 says is computed."""

import re
from itertools import count

import pytest
import torch

from course.catalogue import QUESTIONS
from course.failures.lesson_08 import broadcast_loss, checked_loss
from course.solutions import lesson_08 as solution
from course.syllabus.lesson_table import written_lessons

LESSON = next(lesson for lesson in written_lessons() if lesson.number == 8)
TEXT = LESSON.source.read_text(encoding="utf-8")


def test_the_table_of_gradients_is_computed():
    rows = re.findall(r"^# \| \d \| .*?= −([\d.]+) \| −(\d) \|", TEXT, re.MULTILINE)
    for (y, grad), x in zip(rows, count(1, 2)):
        assert 0.5 * x - (x + 1) == -float(y)
        assert 2 * float(y) == float(grad)
    assert len(rows) == 3
    assert -(3 * 1 + 5 * 3 + 7 * 5) == -53 and -(3 * 2 + 5 * 4 + 7 * 6) == -68


def test_the_gradients_of_exercise_2_are_those_of_pytorch():
    generator = torch.Generator().manual_seed(1)
    x, W = (torch.randn(size, 3, generator=generator, requires_grad=True) for size in (5, 4))
    y = x @ W.T
    dy = torch.randn(5, 4, generator=generator)
    y.backward(dy)
    dW, dx = solution.matrix_gradients(x, W, dy)
    assert torch.allclose(dW, W.grad) and torch.allclose(dx, x.grad)


def test_the_mean_loss_is_that_of_pytorch():
    generator = torch.Generator().manual_seed(2)
    logits = torch.randn(6, 7, generator=generator)
    targets = torch.tensor([0, 6, -1, 3, -1, 2])
    losses = torch.nn.functional.cross_entropy(logits, targets.clamp(min=0), reduction="none")
    wanted = torch.nn.functional.cross_entropy(logits, targets, ignore_index=-1)
    assert torch.allclose(solution.mean_loss(losses, targets), wanted)


def test_the_shapes_are_those_of_pytorch():
    space = {"x": torch.zeros(8, 10, 16), "wte": torch.zeros(27, 16), "wpe": torch.zeros(10, 16)}
    space["ids"] = torch.zeros(8, 10, dtype=torch.int64)
    for code, shape in solution.shapes.items():
        assert tuple(eval(code, space).shape) == shape, code


def test_the_error_of_exact_predictions_and_the_check_that_finds_it():
    predicted = torch.tensor([1.0, 2.0, 3.0])
    right = QUESTIONS["the error of exact predictions"].right
    assert broadcast_loss(predicted, predicted[:, None]).item() == pytest.approx(right)
    assert checked_loss(predicted, predicted) == 0
    with pytest.raises(ValueError, match="must be equal"):
        checked_loss(predicted, predicted[:, None])


def test_float32_cannot_count_further():
    assert (torch.tensor(16_777_216.0, dtype=torch.float32) + 1).item() == 16_777_216
