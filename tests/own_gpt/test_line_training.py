"""Training on lines: the loss, the best step, stopping, resuming, the start from names."""

import math
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
from small_training import SIZES

from gptcore.corpus import is_downloaded, load_documents
from gptcore.own_gpt import names_gpt, plan, split_lines, train_lines, with_alphabet
from gptcore.own_gpt.line_batches import LineBatches, TextBatches, encode_lines
from gptcore.own_gpt.text_lines import TextLines
from gptcore.tokenizers import CharTokenizer
from gptcore.training.loss import LossSum, rows_loss


def nats_one_by_one(model, tokenizer, lines) -> float:
    """The mean loss as a textbook has it: no padding, one line at a time."""
    total = count = 0
    for line in lines:
        ids = torch.tensor([tokenizer.BOS, *tokenizer.encode(line), tokenizer.BOS])
        with torch.no_grad():
            logits = model(ids[None, :-1])[0][0]
        total += F.cross_entropy(logits, ids[1:], reduction="sum").item()
        count += len(ids) - 1
    return total / count


def test_the_held_out_loss_is_that_of_lines_without_padding(trained):
    slow = nats_one_by_one(trained.model, trained.tokenizer, trained.held_out)
    assert trained.best_loss == pytest.approx(slow, abs=1e-5)
    assert trained.best_loss < math.log(27)


def test_every_line_is_used_once_before_any_is_used_again():
    rows = encode_lines([chr(97 + i) for i in range(20)], CharTokenizer("abcdefghijklmnopqrst"))
    batches = LineBatches(rows, batch_size=4, block_size=2, seed=3)
    first, second = (
        [id for step in steps for id in batches.batch(step)[0][:, 1]]
        for steps in (range(5), range(5, 10))
    )
    assert sorted(first) == sorted(second) == list(range(20))
    assert first != second


def test_pieces_of_a_text_begin_with_bos_and_reach_its_end():
    batches = TextBatches(range(10), bos=99, batch_size=500, block_size=4, seed=1)
    ids, targets = batches.batch(0)
    assert (ids[::2, 0] == 99).all()
    assert (ids[1::2, 0] == targets[1::2, 0] - 1).all()
    assert (ids[:, 1:] == targets[:, :-1]).all()
    assert {*targets[:, 0]} == {*range(1, 7)}
    assert targets.max() == 9
    (rows,) = batches.val_batches(8)
    assert rows[1].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_the_best_step_is_kept_and_training_ends_soon_after_it(names):
    few = names[:40]
    training = train_lines(few, plan(few, start="nothing", max_steps=500, n_layer=1, dropout=0,
                                     batch_size=32, eval_every=10, patience=30))  # fmt: skip
    measured = {step.step: step.val_loss for step in training if step.val_loss is not None}
    best = min(measured, key=measured.get)
    assert (training.best_step, training.best_loss) == (best, measured[best])
    assert max(measured) == best + 30 < 500
    slow = nats_one_by_one(training.model, training.tokenizer, training.held_out)
    assert slow == pytest.approx(measured[best], abs=1e-5)
    assert not training.model.training


def test_a_resumed_run_computes_the_same(tmp_path, names, trained):
    recipe = plan(names, **SIZES)
    stopped = iter(train_lines(names, recipe, out_dir=tmp_path))
    for _ in range(25):
        next(stopped)
    stopped.close()
    resumed = train_lines(names, recipe, out_dir=tmp_path, resume=True)
    steps = [step.step for step in resumed]
    assert steps[0] == 26
    assert (resumed.best_step, resumed.best_loss) == (trained.best_step, trained.best_loss)
    for name, tensor in resumed.model.state_dict().items():
        assert torch.equal(tensor, trained.model.state_dict()[name]), name
    with pytest.raises(ValueError, match="contains another run"):
        train_lines(names, recipe, out_dir=tmp_path)
    with pytest.raises(ValueError, match="other data"):
        train_lines(names[1:], recipe, out_dir=tmp_path, resume=True)


def test_a_finished_run_keeps_its_best_weights_when_it_is_opened_again(tmp_path, names):
    few = names[:40]
    recipe = plan(few, start="nothing", max_steps=200, n_layer=1, dropout=0, eval_every=10,
                  batch_size=32, patience=20)  # fmt: skip
    first = train_lines(few, recipe, out_dir=tmp_path)
    assert len([*first]) < 200
    again = train_lines(few, recipe, out_dir=tmp_path, resume=True)
    assert again.is_finished
    assert [*again] == []
    assert again.best_step == first.best_step
    assert torch.equal(again.model.wte.weight, first.model.wte.weight)


def test_names_gpt_writes_the_same_in_another_alphabet():
    model, tokenizer = names_gpt()
    new = CharTokenizer("abcdefghijklmnopqrstuvwxyzE'")
    moved = with_alphabet(model, tokenizer, new, block_size=24)
    word = "emma"
    ids, moved_ids = (torch.tensor([[t.BOS, *t.encode(word)]]) for t in (tokenizer, new))
    with torch.no_grad():
        before, after = model(ids)[0], moved.eval()(moved_ids)[0]
    order = [new.id_of[c] for c in tokenizer.characters] + [new.BOS]
    torch.testing.assert_close(after[..., order], before)
    # A new letter begins between all others: it is neither the likeliest nor the least likely.
    capital = after[..., new.id_of["E"]]
    assert (capital < after.max(-1).values).all() and (capital > after.min(-1).values).all()


@pytest.mark.skipif(not is_downloaded("names-ssa"), reason="names-ssa is not on this machine")
def test_names_gpt_has_the_loss_that_is_written_of_it():
    _, held_out = split_lines(load_documents("names-ssa"), seed=1)
    model, tokenizer = names_gpt()
    assert len(held_out) == 2_000
    assert nats_one_by_one(model.eval(), tokenizer, held_out[:500]) == pytest.approx(
        1.973, abs=0.05
    )
    rows = LineBatches(encode_lines(held_out, tokenizer), batch_size=1, block_size=16, seed=1)
    assert rows_loss(LossSum(model), rows, 250, nullcontext()) == pytest.approx(1.973, abs=5e-4)


def test_a_start_from_names_is_better_before_the_first_step(names):
    few = names[:120]
    losses = {}
    for start in ("names-gpt", "nothing"):
        training = train_lines(few, plan(few, start=start, max_steps=1, eval_every=1))
        losses[start] = next(training).val_loss
    assert losses["names-gpt"] < losses["nothing"] - 0.5
    with pytest.raises(ValueError, match="--start nothing"):
        train_lines(few, plan(few, start="names-gpt", n_embd=32))


def test_a_running_text_is_learned_with_letters_or_pieces_of_words():
    text = TextLines(("the cat sat on the mat. the dog sat on the log. " * 60,), True)
    small = {"max_steps": 20, "eval_every": 10, "n_layer": 1, "n_embd": 16}
    for tokenizer in ({"tokenizer": "characters"}, {"tokenizer": "bpe", "vocab_size": 270}):
        training = train_lines(text, plan(text, **small, **tokenizer))
        losses = [step.val_loss for step in training if step.val_loss is not None]
        assert losses[-1] < losses[0]
        assert text.lines[0].endswith(training.held_out[0])
