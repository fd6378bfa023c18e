"""`document_mask`: the losses are those of the documents one by one."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch
from small_runs import SHORT, log_of, run

from gptcore.cli import main
from gptcore.corpus import Batches, write_shard
from gptcore.model import GPT, GPTConfig
from gptcore.training import LossSum, train, validation_loss
from gptcore.training.distributed import SINGLE

START, V, T = 0, 23, 16
SIZES = GPTConfig(block_size=T, vocab_size=V, n_layer=2, n_head=2, n_embd=16)
MASKED = replace(SHORT, document_mask=True, eval_tokens=64, max_steps=6, eval_every=3)


@pytest.fixture(scope="module")
def documents(tmp_path_factory):
    """Shards of documents of 1 to 20 tokens, each behind a START; some are cut by a window."""
    folder, rng = tmp_path_factory.mktemp("documents"), np.random.default_rng(3)
    for split, count in (("train", 90), ("val", 30)):
        ids = [[START, *rng.integers(1, V, rng.integers(1, 21))] for _ in range(count)]
        write_shard(folder / f"{split}.bin", np.concatenate(ids), V)
    return folder


def batches_of(folder, split="train", config=MASKED):
    return Batches(folder, batch_size=config.batch_size, block_size=T, seed=1, split=split)


def one_by_one(model, ids, targets):
    """The summed loss of a batch, each document in a forward pass of its own."""
    total = torch.zeros((), dtype=torch.float64)
    for row, expected in zip(ids.tolist(), targets.tolist()):
        starts = [0, *(i for i, token in enumerate(row) if token == START and i), len(row)]
        for begin, end in zip(starts, starts[1:]):
            _, loss = model(torch.tensor([row[begin:end]]), torch.tensor([expected[begin:end]]))
            total = total + loss * (end - begin)
    return total


@torch.no_grad()
def mean_one_by_one(model, ids, targets):
    return float(one_by_one(model, ids, targets)) / ids.numel()


def gradient(model, loss):
    model.zero_grad()
    loss.backward()
    return torch.cat([weight.grad.flatten() for weight in model.parameters()])


@pytest.mark.parametrize("chunk, checkpointed", [(0, False), (5, True)])
@pytest.mark.parametrize("switches", [{}, {"rope": True, "sliding_window": 4}], ids=["wpe", "rope"])
def test_loss_and_gradient_are_those_of_the_documents_one_by_one(
    switches, chunk, checkpointed, documents
):
    model = GPT(replace(SIZES, **switches), torch.Generator().manual_seed(1)).double()
    ids, targets = map(torch.from_numpy, batches_of(documents).batch(3))
    assert (ids[:, 1:] == START).sum() > 3
    masked, plain = LossSum(model, chunk, checkpointed, START), LossSum(model)
    loss, expected = masked(ids, targets), one_by_one(model, ids, targets)
    torch.testing.assert_close(loss.double(), expected, rtol=1e-6, atol=1e-6)
    assert (plain(ids, targets) - loss).abs().item() > 1e-3
    ours, theirs = gradient(model, loss), gradient(model, one_by_one(model, ids, targets))
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)


def test_a_run_logs_the_losses_of_the_documents_one_by_one(documents, tmp_path):
    model = GPT(SIZES, torch.Generator().manual_seed(1))
    batches, val = batches_of(documents), batches_of(documents, "val")
    ids, targets = map(torch.from_numpy, batches.batch(0))
    expected = mean_one_by_one(model, ids, targets)
    options = {"val": val, "out_dir": tmp_path, "end_of_text": START}
    steps = list(train(model, batches, MASKED, **options))
    assert steps[0].train_loss == pytest.approx(expected, abs=1e-5)
    rows = torch.tensor(np.stack([val.load_window(i) for i in range(4)]).astype(np.int64))
    model.eval()
    expected = mean_one_by_one(model, rows[:, :-1], rows[:, 1:])
    assert steps[-1].val_loss == pytest.approx(expected, abs=1e-5)
    plain = validation_loss(LossSum(model), val, 64, 4, nullcontext(), SINGLE)
    assert abs(plain - expected) > 1e-4


def test_without_the_token_between_documents_it_is_refused(text, tmp_path, capsys):
    with pytest.raises(ValueError, match="document_mask=True needs the token between"):
        run(text, None, replace(SHORT, document_mask=True))
    # shakespeare is one document: there is no such token in its shards.
    small = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--device", "cpu"]
    more = ["--compile", "False", "--document_mask", "True", "--out_dir", str(tmp_path)]
    assert main(["train", "shakespeare-char", *small, *more]) == 2
    assert "document_mask=True needs the token between" in capsys.readouterr().err


@pytest.mark.slow
def test_the_option_changes_what_is_learned(tmp_path):
    small = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--device", "cpu"]
    more = ["--max_steps", "4", "--eval_every", "4", "--dropout", "0"]
    losses = {}
    for mask in ("True", "False"):
        out = ["--out_dir", str(tmp_path / mask), "--document_mask", mask]
        assert main(["train", "names", *small, *more, *out]) == 0
        losses[mask] = [line["val_loss"] for line in log_of(tmp_path / mask)]
    assert losses["True"][-1] != losses["False"][-1]
