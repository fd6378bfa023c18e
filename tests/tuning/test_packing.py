"""Several conversations in a row give the loss and the gradients that each gives alone."""

from itertools import combinations, combinations_with_replacement

import numpy as np
import pytest
import torch

from gptcore.model import DocumentMask
from gptcore.training import LossSum
from gptcore.tuning import ChatTokens, ConversationBatches, encode_conversations, pack
from gptcore.tuning.packing import make_row

KINDS = {
    "learned positions": {},
    "step by step": {"use_sdpa": False},
    "RoPE, GQA": {"rope": True, "n_head": 4, "n_kv_head": 2},
    "sliding window": {"rope": True, "sliding_window": 3},
}


@pytest.fixture
def three(chat, turns):
    pairs = [("17+5?", "22"), ("a", "bcd"), ("1+1?", "2")]
    return encode_conversations([turns(pair) for pair in pairs], chat, 32)


def loss_and_gradients(loss, batches):
    loss.model.zero_grad()
    total = sum(loss(*(torch.from_numpy(part) for part in batch)) for batch in batches)
    total.backward()
    return total.item(), [w.grad.clone() for w in loss.model.parameters() if w.grad is not None]


@pytest.mark.parametrize("options", [{}, {"chunk": 5}, {"activation_checkpointing": True}])
@pytest.mark.parametrize("kind", KINDS)
def test_a_packed_row_equals_its_conversations_one_by_one(kind, options, small_model, three):
    loss = LossSum(small_model(**KINDS[kind]), **options)
    packed = [np.stack([part]) for part in make_row(three, 32)]
    singles = [
        [np.array([one.ids[:-1]]), np.where(one.is_graded[1:], [one.ids[1:]], -1)] for one in three
    ]
    total, gradients = loss_and_gradients(loss, [packed])
    expected, expected_gradients = loss_and_gradients(loss, singles)
    assert total == pytest.approx(expected, rel=1e-6) and total > 5
    for ours, theirs in zip(gradients, expected_gradients):
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_without_documents_conversations_see_each_other(small_model, three):
    """The test above is not blind: the plain causal mask gives another loss."""
    loss = LossSum(small_model())
    ids, targets, documents = (torch.from_numpy(part)[None] for part in make_row(three, 32))
    right = loss(ids, targets, documents).item()
    assert abs(loss(ids, targets).item() - right) > 1e-3
    restarted = documents * 0  # one text: neither mask nor positions
    assert abs(loss(ids, targets, restarted).item() - right) > 1e-3


def test_the_mask_is_that_of_pencil_and_paper():
    mask = DocumentMask(torch.tensor([[0, 0, 1, 1, 1]]), window=2)
    assert mask.positions.tolist() == [[0, 1, 0, 1, 2]]
    assert mask.mask[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [0, 0, 1, 1, 0],
        [0, 0, 0, 1, 1],
    ]


def test_what_follows_a_conversation_or_is_padding_is_never_a_target(three):
    _, targets, documents = make_row(three, 32)
    graded = [sum(one.is_graded) for one in three]
    assert [(targets[documents == i] >= 0).sum() for i in range(3)] == graded
    end = three[0].ids[-1]
    for i in range(3):  # the last target of each conversation is its end
        assert targets[documents == i][-1] == end
    assert (targets[documents == 3] == -1).all() and (documents == 3).sum() == 32 - sum(
        len(one.ids) - 1 for one in three
    )


def test_no_row_overflows_and_nothing_is_lost():
    rng = np.random.default_rng(1)
    for size in (1, 7, 50):
        lengths = rng.integers(1, size + 1, 200).tolist()
        rows = pack(lengths, size)
        assert sorted(i for row in rows for i in row) == list(range(200))
        assert max(sum(lengths[i] for i in row) for row in rows) <= size


def fewest_rows(lengths, size) -> int:
    """By trying all: the fewest sets that fit and cover everything."""
    if not lengths:
        return 0
    first, rest = lengths[0], lengths[1:]
    return min(
        1 + fewest_rows([n for i, n in enumerate(rest) if i not in chosen], size)
        for k in range(len(rest) + 1)
        for chosen in combinations(range(len(rest)), k)
        if first + sum(rest[i] for i in chosen) <= size
    )


def test_few_items_take_at_most_a_row_more_than_the_fewest():
    for lengths in combinations_with_replacement(range(1, 7), 5):
        assert len(pack(lengths, 8)) <= fewest_rows(list(lengths), 8) + 1


def test_batches_show_every_row_once_in_an_epoch_in_another_order_in_the_next(chat, sums):
    encoded = encode_conversations(sums, chat, 32)
    batches = ConversationBatches(encoded, batch_size=2, block_size=32, seed=1)
    count = len(batches.rows)
    assert batches.steps_per_epoch == -(-count // 2)
    seen = [row.tobytes() for step in range(count) for row in batches.batch(step)[0]]
    first, second = seen[:count], seen[count:]  # two epochs
    assert first != second and sorted(first) == sorted(second)
    assert len(set(first)) == count
    assert np.array_equal(batches.batch(5)[0], batches.batch(5)[0])
    other = ConversationBatches(encoded, batch_size=2, block_size=32, seed=2)
    assert not np.array_equal(batches.batch(0)[0], other.batch(0)[0])


def test_rows_of_packed_conversations_are_nearly_full(chat, sums):
    encoded = encode_conversations(sums, chat, 64)
    batches = ConversationBatches(encoded, batch_size=2, block_size=64, seed=1)
    needed = sum(len(one.ids) - 1 for one in encoded)
    assert needed / (len(batches.rows) * 64) > 0.9


class Text:
    """Pretraining text: every id is the number of its row."""

    def __init__(self, batch_size, block_size):
        self.batch_size, self.block_size = batch_size, block_size

    def batch(self, step):
        ids = np.full((self.batch_size, self.block_size), 10 + step)
        return ids, ids + 1


def test_mixed_rows_are_pretraining_text_whose_tokens_are_all_graded(chat, sums):
    encoded = encode_conversations(sums, chat, 32)
    options = {"batch_size": 5, "block_size": 32, "seed": 1}
    mixed = ConversationBatches(encoded, mix=Text(2, 30), **options)
    ids, targets, documents = mixed.batch(3)
    assert ids.shape == targets.shape == documents.shape == (5, 32)
    assert (ids[3:, :30] == 13).all() and (targets[3:, :30] == 14).all()
    assert (targets[3:, 30:] == -1).all() and (documents[3:, :30] == 0).all()
    unmixed = ConversationBatches(encoded, **options | {"batch_size": 3})
    assert np.array_equal(ids[:3], unmixed.batch(3)[0])


@pytest.mark.parametrize("text", [Text(5, 32), Text(2, 33)], ids=["no row left", "too long"])
def test_text_that_leaves_no_room_is_refused(text, chat, sums):
    encoded = encode_conversations(sums, chat, 32)
    with pytest.raises(ValueError, match="Leave rows for the conversations"):
        ConversationBatches(encoded, batch_size=5, block_size=32, seed=1, mix=text)


def test_a_conversation_of_exactly_the_context_fills_a_row():
    one = ChatTokens([1, 2, 3, 4, 5], [False, False, False, True, True])
    ids, targets, documents = make_row([one], 4)
    assert ids.tolist() == [1, 2, 3, 4] and targets.tolist() == [-1, -1, 4, 5]
    assert documents.tolist() == [0, 0, 0, 0]
