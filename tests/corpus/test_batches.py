"""Batches: every token once an epoch, in an order from seed and step; damage is found first."""

import hashlib
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import LETTERS, ids_in, small_shards, some_texts, write_parquet

from gptcore.corpus import Batches, ShardDamagedError, ShardSettings, prepare, write_shard
from gptcore.corpus.shards.shuffle import permute_index
from gptcore.tokenizers import CharTokenizer


@pytest.fixture
def shards(tmp_path):
    return small_shards(tmp_path)


def numbered(folder, *counts):
    """Shards whose tokens are 0, 1, 2 ..., going on from one shard to the next."""
    start = 0
    for number, count in enumerate(counts):
        write_shard(folder / f"fineweb_train_{number:06}.bin", range(start, start + count), 50257)
        start += count
    return folder


def epoch_of(batches):
    """The windows of the first epoch, as they come."""
    rows = [row for step in range(batches.steps_per_epoch) for row in zip(*batches.batch(step))]
    return rows[: batches.windows]


# What is in a batch


def test_inputs_are_windows_of_the_text_and_targets_are_one_token_later(tmp_path):
    batches = Batches(numbered(tmp_path, 1000), batch_size=5, block_size=7, seed=1)
    x, y = batches.batch(3)
    assert x.shape == y.shape == (5, 7) and x.dtype == y.dtype == np.int64
    assert (x[:, 0] % 7 == 0).all()
    assert (x == x[:, :1] + np.arange(7)).all() and (y == x + 1).all()
    assert x.flags.c_contiguous and y.flags.c_contiguous  # as torch.from_numpy likes them


@pytest.mark.parametrize("counts", [(100,), (30, 40, 30), (1, 1, 1, 97), (3, 0, 50, 47), (99, 1)])
@pytest.mark.parametrize("block_size", [1, 4, 33, 99])
@pytest.mark.slow
def test_every_token_is_predicted_once_in_an_epoch_but_the_first_and_the_rest(
    tmp_path, counts, block_size
):
    batches = Batches(numbered(tmp_path, *counts), batch_size=3, block_size=block_size, seed=5)
    targets = sorted(int(id) for _, y in epoch_of(batches) for id in y)
    rest = 99 % block_size
    assert targets == list(range(1, 100 - rest))


def test_the_next_epoch_has_the_same_windows_in_another_order(tmp_path):
    batches = Batches(numbered(tmp_path, 1001), batch_size=10, block_size=10, seed=5)
    assert batches.windows == 100 and batches.steps_per_epoch == 10
    firsts = [int(x[0]) for step in range(30) for x in batches.batch(step)[0]]
    epochs = [firsts[:100], firsts[100:200], firsts[200:]]
    assert [sorted(epoch) for epoch in epochs] == [list(range(0, 1000, 10))] * 3
    assert len({tuple(epoch) for epoch in epochs}) == 3
    for epoch in epochs:  # across all shards: neighbours in the text are strangers in the batch
        assert np.abs(np.corrcoef(epoch, range(100))[0, 1]) < 0.3
        assert sum(b == a + 10 for a, b in zip(epoch, epoch[1:])) < 6


def test_a_batch_may_be_asked_for_in_any_order_and_by_anybody(shards):
    def batches(seed=3):
        return Batches(shards, batch_size=4, block_size=16, seed=seed)

    ahead, later = batches(), batches()
    all_steps = [ahead.batch(step)[0] for step in range(40)]
    for step in (39, 0, 17, 17):
        assert (later.batch(step)[0] == all_steps[step]).all()
    assert any((batches(seed=4).batch(step)[0] != all_steps[step]).any() for step in range(3))


def test_more_windows_in_a_batch_than_there_are_go_round_again(tmp_path):
    batches = Batches(numbered(tmp_path, 31), batch_size=8, block_size=10, seed=0)
    firsts = batches.batch(0)[0][:, 0].tolist()
    assert sorted(firsts[:3]) == sorted(firsts[3:6]) == [0, 10, 20]
    assert batches.steps_per_epoch == 1


def slowly_shuffled(place, count, seed):
    """The same shuffle in Python's own integers, one number at a time."""
    bits = max(3, (count.bit_length() + 1) // 2)
    digest = hashlib.blake2b(seed.encode()).digest()
    while True:
        left, right = place >> bits, place % 2**bits
        for round in range(8):
            mixed = right ^ int.from_bytes(digest[8 * round : 8 * round + 8], "little")
            mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
            mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
            left, right = right, left ^ (mixed ^ mixed >> 31) % 2**bits
        place = left * 2**bits + right
        if place < count:
            return place


@pytest.mark.parametrize("count", [1, 8, 100, 10**6, 10**11])
def test_the_order_is_the_same_in_every_version_of_every_library(count):
    """A run that is resumed next year must go on with the same batches."""
    places = range(0, count, -(-count // 50))
    found = permute_index(np.array(places, dtype=np.uint64), count, "7 3")
    assert found.tolist() == [slowly_shuffled(place, count, "7 3") for place in places]


@given(st.integers(1, 3000), st.text(max_size=5))
@pytest.mark.slow
def test_a_shuffle_is_a_shuffle_for_any_count(count, seed):
    found = permute_index(np.arange(count, dtype=np.uint64), count, seed)
    assert sorted(found.tolist()) == list(range(count))


@pytest.mark.slow
def test_every_order_of_three_comes_about_equally_often():
    """Chi-squared over the six orders: 20.5 is passed by chance once in a thousand times."""
    orders: dict[tuple, int] = {}
    for seed in range(300):
        order = tuple(permute_index(np.arange(3, dtype=np.uint64), 3, str(seed)).tolist())
        orders[order] = orders.get(order, 0) + 1
    assert len(orders) == 6
    assert sum((count - 50) ** 2 / 50 for count in orders.values()) < 20.5


@pytest.mark.slow
def test_splits_are_read_apart(shards):
    for split in ("train", "val"):
        batches = Batches(shards, batch_size=2, block_size=8, seed=0, split=split)
        stream = [id for path in sorted(shards.glob(f"{split}_*.bin")) for id in ids_in(path)]
        assert batches.tokens == len(stream)
        windows = {tuple(stream[i : i + 8]) for i in range(0, len(stream) - 8, 8)}
        assert {tuple(x.tolist()) for x, _ in epoch_of(batches)} == windows


# Files of others


def test_nanogpts_files_without_a_header_are_read(tmp_path):
    for split, start in (("train", 0), ("val", 500)):
        np.arange(start, start + 101, dtype=np.uint16).tofile(tmp_path / f"{split}.bin")
    sizes = {"batch_size": 5, "block_size": 20, "seed": 1}
    for split, start in (("train", 0), ("val", 500)):
        firsts = {int(x[0]) for x, _ in epoch_of(Batches(tmp_path, split=split, **sizes))}
        assert firsts == set(range(start, start + 100, 20))
    one_file = Batches(tmp_path / "val.bin", **sizes)
    assert one_file.tokens == 101 and one_file.batch(0)[0].min() == 500


def test_a_single_shard_and_a_folder_of_llm_cs_are_read(tmp_path):
    folder = numbered(tmp_path, 40, 61)
    sizes = {"batch_size": 5, "block_size": 20, "seed": 1}
    assert Batches(folder, **sizes).tokens == 101
    assert Batches(folder / "fineweb_train_000001.bin", **sizes).batch(0)[0].min() == 40
    with pytest.raises(ValueError, match=r"has no shards for val: .* no val\.bin"):
        Batches(folder, split="val", **sizes)


def test_wide_ids_stay_whole(tmp_path):
    write_shard(tmp_path / "train_000000.bin", range(70_000, 70_101), 100_000)
    x, _ = Batches(tmp_path, batch_size=5, block_size=20, seed=1).batch(0)
    assert x.min() == 70_000


@pytest.mark.parametrize("content", [b"", b"abc"])
def test_a_file_that_holds_no_ids_is_refused(tmp_path, content):
    (tmp_path / "train.bin").write_bytes(content)
    with pytest.raises(
        ShardDamagedError, match="has neither the header of a shard nor ids of 2 bytes"
    ):
        Batches(tmp_path, batch_size=1, block_size=1, seed=0)


# Damage


def damage_is_told(shards, victim, folder_of_source):
    """The error that names the file, and the command that repairs it."""
    with pytest.raises(ShardDamagedError) as caught:
        Batches(shards, batch_size=4, block_size=16, seed=0, split=victim.name.split("_")[0])
    message = str(caught.value)
    assert str(victim) in message
    assert message.endswith(
        f" Repair it with: gptcore prepare {folder_of_source / 'texts.parquet'} "
        f"--tokenizer {shards / 'manifest.json'} --val_share 0.2 --out {shards}"
    )


@pytest.mark.slow
def test_thirty_flipped_bits_are_all_reported_before_the_first_step(shards, tmp_path):
    rng = random.Random(0)
    files = sorted(shards.glob("*.bin"))
    for _ in range(30):
        victim = rng.choice(files)
        whole = victim.read_bytes()
        bit = rng.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        victim.write_bytes(damaged)
        damage_is_told(shards, victim, tmp_path)
        victim.write_bytes(whole)
    assert Batches(shards, batch_size=4, block_size=16, seed=0).batch(0)


def test_ten_truncated_shards_are_all_reported_before_the_first_step(shards, tmp_path):
    rng = random.Random(1)
    files = sorted(shards.glob("*.bin"))
    for number in range(10):
        victim = rng.choice(files)
        whole = victim.read_bytes()
        victim.write_bytes(whole[: len(whole) - 1 if number == 0 else rng.randrange(len(whole))])
        damage_is_told(shards, victim, tmp_path)
        victim.write_bytes(whole)


def test_a_missing_shard_is_reported(shards, tmp_path):
    victim = min(shards.glob("train_*.bin"))
    victim.unlink()
    damage_is_told(shards, victim, tmp_path)


def test_the_repair_in_the_message_works(shards, tmp_path):
    victim = min(shards.glob("train_*.bin"))
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-2])
    damage_is_told(shards, victim, tmp_path)
    again = prepare(
        tmp_path / "texts.parquet", shards, LETTERS, settings=ShardSettings(val_share=0.2)
    )
    list(again)
    assert victim.read_bytes() == whole
    assert Batches(shards, batch_size=4, block_size=16, seed=0).batch(0)


# What does not fit


def test_shards_of_another_tokenizer_are_refused(shards):
    sizes = {"batch_size": 4, "block_size": 16, "seed": 0}
    assert Batches(shards, tokenizer=LETTERS, **sizes).windows
    with pytest.raises(ValueError) as caught:
        Batches(shards, tokenizer=CharTokenizer("abc"), **sizes)
    assert str(caught.value) == (
        f"The shards in {shards} were made with the tokenizer <CharTokenizer>, which is not "
        "this CharTokenizer: their token ids are not compatible. Use that one, or prepare the "
        "text in another folder with --tokenizer."
    )


def test_a_folder_that_is_not_finished_is_refused_with_the_command_that_continues(tmp_path):
    source = write_parquet(tmp_path / "a.parquet", some_texts(50))
    begun = prepare(source, tmp_path / "out", LETTERS)
    assert [next(begun).stage, next(begun).stage] == ["checking", "making"]
    begun.close()
    with pytest.raises(ValueError, match=r"is not finished. Continue it with: gptcore prepare "):
        Batches(tmp_path / "out", batch_size=1, block_size=1, seed=0)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"batch_size": 0}, "batch_size=0 and block_size=16 must both be 1 or more"),
        ({"block_size": -1}, "batch_size=4 and block_size=-1 must both be 1 or more"),
        ({"split": "test"}, "split='test' must be 'train' or 'val'"),
        ({"block_size": 10**6}, r"for train, too few for one window of block_size=1000000 .* or b"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(shards, changed, words):
    with pytest.raises(ValueError, match=words):
        Batches(shards, **{"batch_size": 4, "block_size": 16, "seed": 0, **changed})


def test_the_largest_block_that_is_proposed_is_accepted(tmp_path):
    sizes = {"batch_size": 1, "seed": 0}
    folder = numbered(tmp_path, 20)
    with pytest.raises(ValueError, match=r"20 tokens for train, .* or block_size=19\."):
        Batches(folder, block_size=20, **sizes)
    assert Batches(folder, block_size=19, **sizes).windows == 1


def test_a_missing_folder_is_reported_with_how_to_make_it(tmp_path):
    sizes = {"batch_size": 1, "block_size": 1, "seed": 0}
    with pytest.raises(ValueError, match=r"There is no .*none\. Make it with: gptcore prepare SOU"):
        Batches(tmp_path / "none", **sizes)
    with pytest.raises(ValueError, match=r"has no shards for train: .*with: gptcore prepare SOUR"):
        Batches(tmp_path, **sizes)
    with pytest.raises(ValueError, match="step=-1 must be 0 or more"):
        Batches(numbered(tmp_path, 20), **sizes).batch(-1)
