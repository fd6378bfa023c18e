"""Targets of -1 and -100 are not predicted; where all are so, loss and gradients are 0."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from gptcore.model import GPT, GPTConfig
from gptcore.training import TrainConfig, train
from gptcore.training.loss import LossSum

SIZES = {"block_size": 6, "vocab_size": 9, "n_layer": 1, "n_head": 2, "n_embd": 8}
IDS = torch.tensor([[1, 2, 3, 4], [5, 6, 7, 8]])
TARGETS = torch.tensor([[2, 3, -1, 5], [-100, 7, 8, -1]])


@pytest.fixture
def model() -> GPT:
    return GPT(GPTConfig(**SIZES), torch.Generator().manual_seed(1))


def by_hand(logits, targets) -> list[torch.Tensor]:
    """The cross-entropy of each target that is to be predicted."""
    probs = logits.double().softmax(-1)
    rows = [(b, t) for b in range(2) for t in range(4) if targets[b, t] >= 0]
    return [-probs[b, t, targets[b, t]].log() for b, t in rows]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_only_the_others_count_in_the_mean_and_in_the_sum(model, dtype):
    logits, loss = model(IDS.to(dtype), TARGETS.to(dtype))
    each = by_hand(logits, TARGETS)
    assert len(each) == 5
    assert loss.item() == pytest.approx(sum(each).item() / 5, rel=1e-6)
    for chunk in (0, 3):
        total = LossSum(model, chunk)(IDS.to(dtype), TARGETS.to(dtype))
        assert total.item() == pytest.approx(sum(each).item(), rel=1e-6)


def test_without_ignored_targets_the_loss_is_pytorchs_to_the_bit(model):
    logits, loss = model(IDS, IDS)
    assert torch.equal(loss, F.cross_entropy(logits.flatten(0, 1), IDS.flatten()))


@pytest.mark.parametrize("ignored", [-1, -100])
@pytest.mark.parametrize("loss_of", ["forward", "sum", "sum in pieces"])
def test_a_batch_without_targets_has_loss_0_and_gradients_0(model, ignored, loss_of):
    targets = torch.full_like(IDS, ignored)
    if loss_of == "forward":
        loss = model(IDS, targets)[1]
    else:
        loss = LossSum(model, 3 if "pieces" in loss_of else 0)(IDS, targets)
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_a_loss_of_16_bits_does_not_overflow(model):
    long = GPT(GPTConfig(**SIZES | {"block_size": 4096}), torch.Generator().manual_seed(1))
    ids = torch.randint(9, (8, 4096), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        long.wpe.weight.zero_()
        loss = long.half()(ids, ids)[1]
    assert loss.isfinite() and 1.5 < loss.item() < 3


@pytest.mark.parametrize("target", [-2, -99, 9])
def test_every_other_number_that_is_not_a_token_is_refused(model, target):
    targets = IDS.clone()
    targets[1, 2] = target
    with pytest.raises(ValueError, match=f"targets has {target} at row 1, position 2"):
        model(IDS, targets)


@pytest.mark.parametrize("shape", [(0, 4), (4, 0)])
def test_an_empty_batch_is_refused(model, shape):
    with pytest.raises(ValueError, match="ids is empty"):
        model(torch.zeros(shape, dtype=torch.int64))


@pytest.mark.parametrize("ablated_heads", [[(0, 1.0)], [(True, 0)], [3], [(0,)], ["01"]], ids=str)
def test_heads_are_pairs_of_integers(model, ablated_heads):
    with pytest.raises(ValueError, match=r"ablated_heads has .* give pairs of \(layer, head\)"):
        model(IDS, ablated_heads=ablated_heads)
    assert model(IDS, ablated_heads=[(np.int64(0), torch.tensor(1))])[0].isfinite().all()


class Rows:
    """Random rows in a given dtype; those of one step have no targets."""

    batch_size, block_size = 2, 4

    def __init__(self, dtype, ignored=None):
        self.dtype, self.ignored = dtype, ignored

    def batch(self, step):
        rows = np.random.default_rng(step).integers(0, 9, (2, 5))
        x, y = rows[:, :-1].copy(), rows[:, 1:].copy()
        if step == 1 and self.ignored is not None:
            y[:] = self.ignored
        return x.astype(self.dtype), y.astype(self.dtype)


CONFIG = TrainConfig(max_steps=3, batch_size=2, warmup_steps=1, device="cpu")


def test_the_trainer_takes_ids_of_32_bits_as_those_of_64():
    losses = [
        [step.train_loss for step in train(GPT(GPTConfig(**SIZES), seeded()), Rows(dtype), CONFIG)]
        for dtype in (np.int32, np.int64)
    ]
    assert losses[0] == losses[1]


def seeded() -> torch.Generator:
    return torch.Generator().manual_seed(2)


@pytest.mark.parametrize("ignored", [-1, -100])
def test_the_trainer_goes_on_after_a_batch_without_targets(ignored):
    model = GPT(GPTConfig(**SIZES), seeded())
    steps = list(train(model, Rows(np.int64, ignored), CONFIG))
    assert [step.train_loss > 0 for step in steps] == [True, False, True]
    assert steps[1].train_loss == 0 and steps[1].grad_norm == 0
    assert all(weight.isfinite().all() for weight in model.parameters())
