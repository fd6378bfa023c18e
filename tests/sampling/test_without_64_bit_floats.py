"""Apple's GPUs have no 64-bit floats: whatever makes a tensor of them fails here."""

import random

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate, generate_cached, next_token, next_tokens

SIZES = {"block_size": 8, "vocab_size": 11, "n_layer": 1, "n_head": 2, "n_embd": 8}


class No64BitFloats(TorchDispatchMode):
    """Refuses every operation that takes or makes a float64 tensor."""

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for leaf in tree_leaves((args, kwargs, out)):
            if isinstance(leaf, torch.Tensor) and leaf.dtype == torch.float64:
                raise TypeError(f"{func} needs float64")
        return out


def test_the_guard_itself_refuses_64_bits():
    with No64BitFloats(), pytest.raises(TypeError):
        torch.zeros(2).double()


@pytest.mark.parametrize("rope", [True, False])
def test_a_model_trains_samples_and_shows_activations(rope):
    model = GPT(GPTConfig(**SIZES, rope=rope, qk_norm=rope))
    ids = torch.tensor([[1, 2, 3]])
    with No64BitFloats():
        model(ids, ids)[1].backward()
        model.attention_weights(ids), model.residual_stream(ids), model.logit_lens(ids)
        for options in (
            {},
            {"top_k": 3},
            {"top_p": 0.5},
            {"min_p": 0.1, "repetition_penalty": 1.2},
        ):
            assert len(list(generate_cached(model, [[1, 2], [3]], 12, **options))) == 12
        assert len(list(generate(model.next_logits, [1], 5, top_k=3))) == 5


def test_pytorchs_generator_draws_without_them_and_reaches_every_number():
    rng = torch.Generator().manual_seed(1)
    with No64BitFloats():
        drawn = [next_token([0.0, 0.0, 0.0, 0.0], rng=rng) for _ in range(4000)]
        next_tokens(torch.zeros(1, 3), rngs=[rng])
    assert all(abs(drawn.count(token) - 1000) < 120 for token in range(4))  # 4 standard deviations


def test_in_32_bits_rows_get_the_tokens_that_next_token_draws_in_64():
    logits = torch.randn(40, 200, generator=torch.Generator().manual_seed(1)) * 3
    for options in ({}, {"top_k": 9}, {"top_p": 0.81}, {"temperature": 0.3}):
        rngs, same = ([random.Random(row) for row in range(40)] for _ in range(2))
        wanted = [next_token(row, rng=rng, **options) for row, rng in zip(logits, same)]
        assert next_tokens(logits, rngs=rngs, **options) == wanted


def test_pictures_take_tensors_from_such_a_device_with_all_their_digits():
    viz_tensors = pytest.importorskip("viz.canvas.tensors")
    for dtype in (torch.bfloat16, torch.float16, torch.float32, torch.int32, torch.bool):
        with No64BitFloats():
            array = viz_tensors.to_array(torch.tensor([1, 0, 3]).to(dtype))
        assert array.dtype == np.float64 and array[0] == 1
    third = torch.tensor([1 / 3], dtype=torch.float64)
    assert viz_tensors.to_array(third)[0] == 1 / 3
