"""Lesson 15: layers that are divided among processes add to the whole layer."""

import pytest
import torch

from course.experiments.serving.tensor_parallel import (
    column_parallel,
    row_parallel,
    split_attention,
    split_mlp,
)
from course.experiments.serving.two_processes import run_on_processes
from gptcore.model import GPT, GPTConfig

SIZES = {"vocab_size": 50, "block_size": 16, "n_layer": 2, "n_head": 4, "n_embd": 32}
KINDS = {
    "gpt2": {"bias": True, "activation": "gelu_tanh"},
    "llama": {"norm": "rmsnorm", "activation": "swiglu", "rope": True, "n_kv_head": 2},
    "qwen": {"qkv_bias": True, "qk_norm": True, "head_size": 12},
}


def random_gpt(**settings: object) -> GPT:
    """A GPT in 64 bits whose numbers are all random, biases and gains too."""
    model = GPT(GPTConfig(**SIZES, **settings), torch.Generator().manual_seed(1)).double().eval()
    generator = torch.Generator().manual_seed(2)
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.3, generator=generator)
    return model


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_the_parts_of_a_layer_add_to_the_whole_layer(kind, size):
    block = random_gpt(**KINDS[kind] | ({"n_kv_head": 4} if size == 4 else {})).h[0]
    x = torch.randn(2, 7, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    for split, layer in ((split_mlp, block.mlp), (split_attention, block.attn)):
        parts = [split(layer, rank, size) for rank in range(size)]
        torch.testing.assert_close(sum(part(x) for part in parts), layer(x), rtol=0, atol=1e-12)
        assert sum(part.c_proj.weight.numel() for part in parts) == layer.c_proj.weight.numel()


def test_heads_divided_without_groups_give_other_numbers_and_no_error():
    attention = random_gpt().h[0].attn
    x = torch.randn(1, 7, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    parts = [split_attention(attention, rank, 2) for rank in range(2)]
    for rank, part in enumerate(parts):
        part.c_attn = column_parallel(attention.c_attn, rank, 2)
    added = sum(part(x) for part in parts)
    assert added.shape == attention(x).shape
    assert (added - attention(x)).abs().max() > 0.1


def test_two_processes_compute_the_logits_of_one():
    model = random_gpt(**KINDS["gpt2"])
    ids = torch.arange(24).view(2, 12)
    reports = run_on_processes(model, ids)  # two imports of torch: 4 s
    with torch.no_grad():
        whole, _ = model(ids)
    for report in reports:
        torch.testing.assert_close(report.logits, whole, rtol=0, atol=1e-10)
        assert report.all_reduces == 2 * 2  # layers x (attention, MLP)
        assert report.bytes_per_token == 2 * 2 * 32 * 8  # C numbers of 8 bytes for each of these
    divided = 2 * (32 * 96 + 96 + 32 * 32 + 32 * 128 + 128 + 128 * 32)  # not the second bias
    held = [report.num_parameters for report in reports]
    whole_size = sum(parameter.numel() for parameter in model.parameters())
    assert held[0] == whole_size - divided // 2
    assert held[1] == held[0] - 2 * 2 * 32  # the first process has the biases of c_proj


def test_what_cannot_be_divided_is_refused_with_the_way_out():
    model = random_gpt()
    with pytest.raises(ValueError, match="4 and 4 heads of queries and of keys are not divisible"):
        run_on_processes(model, torch.zeros(1, 3, dtype=torch.long), size=3)
    with pytest.raises(ValueError, match="128 outputs are not divisible among 5"):
        column_parallel(model.h[0].mlp.c_fc, 0, 5)
    with pytest.raises(ValueError, match="128 inputs are not divisible among 5"):
        row_parallel(model.h[0].mlp.c_proj, 0, 5)
