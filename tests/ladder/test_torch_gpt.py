"""The upper rungs: the same 4,192 numbers in PyTorch, one name, many, compiled."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from gptcore.ladder import (
    IMPLEMENTATIONS,
    NumpyGPT,
    climb,
    format_summary,
    forward,
    requirements,
    to_torch,
    weights_of,
)
from gptcore.ladder.ladder import BATCH_SIZE, mean_of_singles, with_batches
from gptcore.ladder.torch_gpt import padded_documents, train
from gptcore.scalar import MicroConfig, MicroGPT

pytestmark = pytest.mark.slow

NAMES = ["emma", "anna", "bob", "maximilianalexander", "o", "ava"]
WAY = {impl.name: impl for impl in IMPLEMENTATIONS}
SIZES = [
    MicroConfig(),
    MicroConfig(n_embd=6, n_head=2, n_layer=2, block_size=5),
    MicroConfig(n_embd=15, n_head=5, n_layer=3, block_size=24),
]


@pytest.fixture(scope="module", autouse=True)
def one_core():
    torch.set_num_threads(1)


@pytest.mark.parametrize("config", SIZES, ids=lambda c: f"{c.n_layer} layers")
def test_poured_into_tensors_the_model_answers_with_the_same_logits_and_attention(config):
    gpt = MicroGPT(NAMES, config)
    for weight in gpt.parameters:
        weight.data *= 6
    model = to_torch(gpt)
    assert sum(p.numel() for p in model.parameters()) == len(gpt.parameters)
    ids = [gpt.BOS, *gpt.encode("emma")][: config.block_size]
    inside = forward(ids, weights_of(gpt), config.n_head)
    batch = torch.tensor([ids])
    np.testing.assert_allclose(model(batch)[0][0].detach(), inside.logits, rtol=0, atol=1e-12)
    np.testing.assert_allclose(
        model.attention_weights(batch)[:, 0], inside.weights, rtol=0, atol=1e-12
    )
    np.testing.assert_allclose(
        model.residual_stream(batch)[-1, 0], sum(inside.residual_terms.values()), rtol=0, atol=1e-12
    )


def test_one_name_at_a_time_prints_the_losses_of_the_scalar_model_and_ends_at_its_weights():
    gpt = MicroGPT(NAMES)
    for one, other in zip(gpt.train(40), train(NAMES, 40), strict=True):
        assert (one.step, one.document) == (other.step, other.document)
        assert one.loss == pytest.approx(other.loss, abs=1e-9)


def test_three_hundred_steps_print_what_arrays_print():
    losses = [
        [f"{s.loss:.4f}" for s in steps]
        for steps in (NumpyGPT(NAMES * 4).train(300), train(NAMES * 4, 300))
    ]
    assert losses[0] == losses[1]


def test_a_batch_begins_at_the_mean_of_what_its_names_lose_alone_however_long_they_are():
    singles = [gpt.loss(name).data for gpt in [MicroGPT(NAMES)] for name in gpt.documents]
    (batch,) = train(NAMES, 1, batch_size=len(NAMES))
    assert batch.loss == pytest.approx(np.mean(singles), abs=1e-12)
    assert mean_of_singles(NAMES, len(NAMES)) == pytest.approx(batch.loss, abs=1e-12)
    (twice,) = train(NAMES, 1, batch_size=2 * len(NAMES))  # names come again when there are no more
    assert twice.loss == pytest.approx(batch.loss, abs=1e-12)


def test_a_batch_learns_what_the_mean_of_the_gradients_says():
    """One step of Adam moves each number by its rate against the sign of its grad."""
    gpt = MicroGPT(NAMES)
    losses = [gpt.loss(name) for name in gpt.documents]
    (sum(losses[1:], losses[0]) / len(losses)).backward()
    second = [step.loss for step in train(NAMES, 2, batch_size=len(NAMES))][1]
    for weight in gpt.parameters:
        weight.data -= 0.01 * weight.grad / (abs(weight.grad) + 1e-8)
    assert second == pytest.approx(np.mean([gpt.loss(n).data for n in gpt.documents]), abs=1e-9)


def test_the_table_has_every_name_cut_to_what_fits():
    gpt = MicroGPT(NAMES)
    table = padded_documents(gpt)
    assert table.shape == (6, 17)
    for row, name in zip(table, gpt.documents):
        kept = [gpt.BOS, *gpt.encode(name), gpt.BOS][:17]
        assert row.tolist() == kept + [-1] * (17 - len(kept))


def test_a_compiled_batch_has_the_losses_of_an_uncompiled_one(monkeypatch):
    """Captured whole (a break would raise), and run without making code, which takes long."""
    compile = torch.compile
    monkeypatch.setattr(torch, "compile", lambda f: compile(f, backend="eager", fullgraph=True))
    losses = [
        [step.loss for step in train(NAMES, 3, batch_size=8, compiled=c)] for c in (False, True)
    ]
    assert losses[0] == pytest.approx(losses[1], abs=1e-12)


def test_rungs_with_tensors_are_measured_for_one_name_and_held_against_the_first():
    impls = [WAY["scalars, as published"], WAY["tensors (PyTorch)"], WAY["a batch"]]
    first, tensors, batch = rungs = list(climb(NAMES, 2, impls))
    assert (tensors.steps, tensors.diverges_at, tensors.batch_size) == (2, None, 1)
    assert tensors.losses == pytest.approx(first.losses, abs=1e-12)
    assert (batch.steps, batch.diverges_at, batch.batch_size) == (1, None, BATCH_SIZE)
    assert batch.losses[0] == pytest.approx(mean_of_singles(NAMES, BATCH_SIZE), abs=1e-5)
    assert batch.microseconds < tensors.microseconds
    result = f"a batch: its first loss, {batch.losses[0]:.4f}, is the mean of 512 single ones."
    assert format_summary(rungs)[-1] == result


def test_a_batch_that_loses_something_else_is_found_out():
    def wrong(documents, steps):
        for step in with_batches(documents, steps):
            yield type(step)(step.step, step.document, step.loss + 0.001)

    impl = type(WAY["a batch"])("wrong", "", wrong, BATCH_SIZE)
    rungs = list(climb(NAMES, 1, [WAY["fused nodes"], impl]))
    assert rungs[1].diverges_at == 1 and "is NOT the mean of 512" in format_summary(rungs)[-1]


def test_what_cannot_be_climbed_here_is_passed_over():
    names = [impl.name for impl in IMPLEMENTATIONS]
    assert names[-4:] == ["tensors (PyTorch)", "a batch", "compiled", "a GPU"]
    if not torch.cuda.is_available():
        assert requirements.gpu() == "PyTorch finds no GPU here"
        assert list(climb(NAMES, 1, [WAY["a GPU"]])) == []
        return
    (rung,) = climb(NAMES, 2, [WAY["a GPU"]])
    assert rung.diverges_at is None


def test_without_a_compiler_or_without_pytorch_a_line_says_so(monkeypatch):
    def no_compiler(f):
        def run(*arguments):
            raise RuntimeError("g++ is not there\nand a long story")

        return run

    requirements.compiler.cache_clear()
    monkeypatch.setattr(torch, "compile", no_compiler)
    result = requirements.compiler()
    requirements.compiler.cache_clear()
    assert result == "torch.compile found no C++ compiler that works (g++ is not there)"
    requirements.pytorch.cache_clear()
    monkeypatch.setattr(requirements, "is_installed", lambda name: False)
    result = requirements.pytorch(), requirements.compiler(), requirements.gpu.__wrapped__()
    requirements.pytorch.cache_clear(), requirements.compiler.cache_clear()
    assert result == ("PyTorch is not installed: pip install torch",) * 3


def test_the_lower_rungs_are_climbed_without_loading_pytorch():
    code = (
        "import sys; from gptcore.ladder import IMPLEMENTATIONS, climb; "
        "print(len(list(climb(['emma'], 1))), len(IMPLEMENTATIONS), 'torch' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "3 7 False\n"


def test_whoever_asks_for_a_step_computes_with_as_many_cores_as_before():
    torch.set_num_threads(2)
    steps = train(NAMES, 3)
    next(steps)
    assert torch.get_num_threads() == 2
    del steps
    torch.set_num_threads(1)
