"""The model of lesson 7 in which one thing can be left out: correct where nothing is."""

import numpy as np
import pytest

from course.failures.lesson_07 import (
    first_to_last_gradient,
    loss_and_grad,
    similarity_of_letters,
    train_without,
)
from gptcore.ladder import NumpyGPT, weights_of
from gptcore.ladder.weights import flatten_weights
from gptcore.scalar import MicroConfig, MicroGPT

NAMES = ["emma", "olivia", "ava", "isabella", "mia", "zoe", "anna", "lou"]


def test_with_nothing_left_out_it_is_the_model_of_the_ladder():
    config = MicroConfig(n_layer=2)
    wanted = [step.loss for step in NumpyGPT(NAMES, config, seed=42).train(20)]
    assert train_without(NAMES, n_layer=2, steps=20) == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize(
    "used", [(1.0, 1.0, 1.0), (0.0, 1.0, 1.0), (1.0, 0.0, 1.0), (1.0, 1.0, 0.0)]
)
def test_its_gradients_agree_with_numerical_ones_whatever_is_left_out(used):
    gpt = MicroGPT(NAMES, MicroConfig(n_layer=2), seed=42)
    weights = flatten_weights(weights_of(gpt))
    ids = np.array([gpt.BOS, *gpt.encode("emma"), gpt.BOS])
    _, grads = loss_and_grad(ids, weights, 4, *used)
    for i in np.random.default_rng(0).integers(len(weights.flat), size=40):
        here, losses = weights.flat[i], []
        for moved in (here + 1e-5, here - 1e-5):
            weights.flat[i] = moved
            losses.append(loss_and_grad(ids, weights, 4, *used)[0])
        weights.flat[i] = here
        assert grads[i] == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-4, abs=1e-8)


def test_without_attention_no_gradient_reaches_q_k_v():
    gpt = MicroGPT(NAMES, seed=42)
    weights = flatten_weights(weights_of(gpt))
    ids = np.array([gpt.BOS, *gpt.encode("emma"), gpt.BOS])
    _, grads = loss_and_grad(ids, weights, 4, 1.0, 0.0)
    layers = type(weights).from_flat(grads, weights.sizes).blocks
    assert not layers[0].qkv.any()
    assert not layers[0].wo.any()


def test_without_the_addition_letters_become_one_in_eight_blocks():
    assert similarity_of_letters(NAMES, "residual", n_layer=8) > 0.99
    assert similarity_of_letters(NAMES, n_layer=8) < 0.8


def test_gradients_vanish_only_without_residual_connections_and_only_after_some_steps():
    assert first_to_last_gradient(NAMES, "residual", steps=0) > 0.1
    assert first_to_last_gradient(NAMES, "residual", steps=50) < 1e-4
    assert 0.1 < first_to_last_gradient(NAMES, steps=50) < 10
