"""Several folders in one stream: shares are counted, epochs are counted, nothing is remembered."""

import json
import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

np = pytest.importorskip("numpy", reason="numpy is not installed: pip install numpy")

from gptcore.corpus.shards.batches import Batches  # noqa: E402
from gptcore.corpus.shards.mixture import MAX_ROUND_ROWS, Mixture, integer_weights  # noqa: E402
from gptcore.corpus.shards.shards import write_shard  # noqa: E402

T = 4
SIZES = {"web": 600, "books": 90, "code": 37}  # windows of T tokens
FIRST_ID = {"web": 0, "books": 10_000, "code": 20_000}


@pytest.fixture
def folders(tmp_path):
    """Three folders in which no token occurs twice, so that each row tells where it is from."""
    for name, windows in SIZES.items():
        (tmp_path / name).mkdir()
        ids = FIRST_ID[name] + np.arange(windows * T + 1)
        write_shard(tmp_path / name / "train_000000.bin", ids[: len(ids) // 2], 2**16)
        write_shard(tmp_path / name / "train_000001.bin", ids[len(ids) // 2 :], 2**16)
    return tmp_path


def mix(folders, weights, batch_size=8, seed=1):
    weights = {folders / name: weight for name, weight in weights.items()}
    return Mixture(weights, batch_size=batch_size, block_size=T, seed=seed)


def source_of(row) -> str:
    return {0: "web", 1: "books", 2: "code"}[int(row[0]) // 10_000]


def inputs(mixture, steps) -> list:
    return [row for step in range(steps) for row in mixture.batch(step)[0]]


@pytest.mark.parametrize(
    ("weights", "rows"),
    [
        ({"a": 3, "b": 1}, [3, 1]),
        ({"a": 30, "b": 10}, [3, 1]),
        ({"a": 0.7, "b": 0.2, "c": 0.1}, [7, 2, 1]),
        ({"a": 5}, [1]),
        ({"a": 1 / 3, "b": 2 / 3}, [1, 2]),
        ({"a": 0.001, "b": 0.998}, [1, 998]),
        ({"a": 1, "b": math.pi}, [241, 759]),
        ({"a": 1, "b": 1_000_000}, [1, 1000]),
    ],
)
def test_weights_become_the_fewest_rows_that_keep_their_proportion(weights, rows):
    assert integer_weights(weights) == rows


@given(st.dictionaries(st.text(max_size=2), st.floats(1e-3, 1e3), min_size=1, max_size=6))
@pytest.mark.slow
def test_no_share_is_off_by_more_than_about_a_thousandth(weights):
    rows, whole = integer_weights(weights), sum(weights.values())
    assert sum(rows) <= MAX_ROUND_ROWS + len(rows) and min(rows) >= 1
    for row, weight in zip(rows, weights.values()):
        assert row / sum(rows) == pytest.approx(weight / whole, abs=0.005)


def test_in_every_round_each_source_has_exactly_its_share(folders):
    mixture = mix(folders, {"web": 0.7, "books": 0.2, "code": 0.1}, batch_size=8)
    assert (mixture.round_rows, list(mixture.proportions.values())) == (10, [0.7, 0.2, 0.1])
    rows = [source_of(row) for row in inputs(mixture, steps=50)]
    rounds = [rows[start : start + 10] for start in range(0, 400, 10)]
    assert all(Counter(turn) == {"web": 7, "books": 2, "code": 1} for turn in rounds)
    assert len({tuple(turn) for turn in rounds}) > 20  # each in an order of its own


def test_each_source_sees_every_window_once_before_any_comes_again(folders):
    mixture = mix(folders, {"web": 1, "books": 1, "code": 1}, batch_size=6)
    rows = inputs(mixture, steps=200)
    for name, windows in SIZES.items():
        seen = [int(row[0]) - FIRST_ID[name] for row in rows if source_of(row) == name]
        for start in range(0, len(seen) - windows, windows):
            epoch = seen[start : start + windows]
            assert sorted(epoch) == [window * T for window in range(windows)]
        assert len(seen) == 400 and len(set(seen)) == min(400, windows)


def test_a_row_is_followed_by_its_target(folders):
    x, y = mix(folders, {"web": 2, "code": 1}).batch(7)
    assert x.shape == y.shape == (8, T) and x.dtype == y.dtype == np.int64
    assert (y == x + 1).all()  # the ids of a folder count upwards


def test_any_step_can_be_asked_for_at_any_time_by_another_run(folders):
    weights = {"web": 5, "books": 3, "code": 1}
    first, later = mix(folders, weights), mix(folders, weights)
    forward = [first.batch(step)[0] for step in range(30)]
    for step in reversed(range(30)):
        assert (later.batch(step)[0] == forward[step]).all()
    other = mix(folders, weights, seed=2)
    assert (other.assign_rows(0, 90)[0] != first.assign_rows(0, 90)[0]).any()
    assert any((other.batch(step)[0] != forward[step]).any() for step in range(3))


@pytest.mark.parametrize("batch_size", [1, 3, 10, 64])
def test_the_rows_do_not_depend_on_how_many_make_a_batch(folders, batch_size):
    weights = {"web": 5, "books": 3, "code": 1}
    expected = inputs(mix(folders, weights, batch_size=192), steps=1)
    assert np.array_equal(
        inputs(mix(folders, weights, batch_size), steps=192 // batch_size + 1)[:192], expected
    )


def test_one_source_alone_is_what_batches_gives(folders):
    single = Batches(folders / "web", batch_size=8, block_size=T, seed=3)
    mixture = mix(folders, {"web": 1}, seed=3)
    for step in (0, 5, 1000):
        assert all((a == b).all() for a, b in zip(single.batch(step), mixture.batch(step)))
    assert mixture.steps_per_epoch == single.steps_per_epoch


def test_epochs_says_how_often_a_run_repeats_each_source(folders):
    mixture = mix(folders, {"web": 1, "code": 1}, batch_size=7)
    counted = Counter(source_of(row) for row in inputs(mixture, steps=33))
    epochs = mixture.epochs(33)
    assert epochs == {folders / name: counted[name] / SIZES[name] for name in ("web", "code")}
    assert epochs[folders / "code"] > 3  # small and heavy: it repeats


def test_an_epoch_of_the_mixture_shows_every_window_and_the_last_source_just_so(folders):
    mixture = mix(folders, {"web": 7, "code": 1}, batch_size=4)
    steps = mixture.steps_per_epoch
    assert min(mixture.epochs(steps).values()) >= 1 > min(mixture.epochs(steps - 2).values())


@pytest.mark.parametrize("weight", [0, -1, math.nan, math.inf])
def test_a_weight_that_is_none_is_refused(folders, weight):
    with pytest.raises(ValueError, match=r"must be a number above 0\. To leave a folder out"):
        mix(folders, {"web": 1, "code": weight})


def test_nothing_to_mix_and_a_step_before_the_first_are_refused(folders):
    with pytest.raises(ValueError, match=r"There is nothing to mix\. Give weights, such as"):
        mix(folders, {})
    with pytest.raises(ValueError, match="step=-1 must be 0 or more"):
        mix(folders, {"web": 1}).batch(-1)


def test_folders_of_two_tokenizers_are_refused_and_of_one_accepted(folders):
    def manifest(name, tokenizer, sha256):
        row = {"file": "train_000000.bin", "sha256": "..."}
        content = {"tokenizer": {"name": tokenizer, "sha256": sha256}, "shards": [row]}
        (folders / name / "manifest.json").write_text(json.dumps(content), encoding="utf-8")

    manifest("web", "gpt2", "aa")
    mixed = {"books": 1, "code": 1}
    mix(folders, mixed)  # neither says
    manifest("code", "mine.json", "bb")
    with pytest.raises(ValueError) as caught:
        mix(folders, {"web": 1, **mixed})
    assert str(caught.value) == (
        f"{folders / 'web'} was made with the tokenizer gpt2, and {folders / 'code'} with "
        "mine.json: their token ids are not compatible. Prepare one of them again with the other "
        "tokenizer: gptcore prepare SOURCE --out DIR --tokenizer NAME"
    )
