"""One check for each kind of value, for what Python, NumPy and PyTorch call by that name."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from gptcore.checks import as_finite, as_ids, as_int, as_number, as_path, is_bool, is_int
from gptcore.heads import check_heads
from gptcore.model import GPTConfig
from gptcore.next_token import next_probabilities
from gptcore.scalar import MLP, MicroConfig, MicroGPT, NgramTable
from gptcore.scalar.descent import descend
from gptcore.scalar.logits import cross_entropy, cross_entropy_grad
from gptcore.tokenizers import BPETokenizer, CharTokenizer, train_counted, train_naive

INTEGERS = [3, np.int8(3), np.uint16(3), np.int64(3), np.array(3), torch.tensor(3)]
INTEGERS += [torch.tensor(3, dtype=torch.int32), torch.tensor(3, dtype=torch.uint8)]
NOT_INTEGERS = [True, False, 3.0, float("nan"), "3", b"3", None, [3], 3j]
NOT_INTEGERS += [np.float64(3), np.bool_(True), torch.tensor(3.0), torch.tensor(True)]
NOT_INTEGERS += [np.array([3, 4]), torch.tensor([3, 4])]


@pytest.mark.parametrize("given", INTEGERS, ids=lambda x: f"{type(x).__name__} {x!r}")
def test_every_integer_becomes_a_python_int(given):
    assert is_int(given) and type(as_int(given, "n", 3)) is int and as_int(given, "n", 3) == 3


@pytest.mark.parametrize("given", NOT_INTEGERS, ids=lambda x: f"{type(x).__name__} {x!r:.20}")
def test_everything_else_is_refused_by_name_and_value(given):
    assert not is_int(given)
    with pytest.raises(ValueError, match=r"^n=.* must be an integer, 1 or more; why.$"):
        as_int(given, "n", 1, "why")


def test_what_is_too_small_is_refused_and_without_a_limit_it_is_not():
    with pytest.raises(ValueError, match="n=-1 must be an integer, 0 or more"):
        as_int(-1, "n", 0)
    assert as_int(-1, "seed") == -1


def test_numbers_may_be_of_any_kind_but_text_and_switches():
    for given in (0.5, np.float32(0.5), np.array(0.5), torch.tensor(0.5), torch.tensor([0.5])):
        assert as_number(given, "t") == 0.5 and type(as_number(given, "t")) is float
    for given in (True, "0.5", None, [0.5], np.array([1.0, 2.0]), 1j, np.bool_(True)):
        with pytest.raises(ValueError, match=r"t=.* must be one number"):
            as_number(given, "t")
    with pytest.raises(ValueError, match="rate=nan must be a finite number"):
        as_finite(float("nan"), "rate")
    assert is_bool(np.bool_(False)) and is_bool(torch.tensor(True)) and not is_bool(0)


def test_rows_of_ids_come_from_everything_that_has_an_order():
    for row in ([1, 2], (1, 2), range(1, 3), np.array([1, 2]), torch.tensor([1, 2]), iter([1, 2])):
        assert as_ids(row) == [1, 2]
    assert as_ids([np.int64(1), torch.tensor(2)]) == [1, 2]
    assert all(type(token) is int for token in as_ids([np.int64(1), torch.tensor(2)]))
    for odd in ("12", b"12", {1, 2}, {1: 2}, 3, None, torch.tensor(1)):
        with pytest.raises(ValueError, match="A prompt is a list of token ids"):
            as_ids(odd)
    with pytest.raises(ValueError, match="This is a batch: give one row of it at a time"):
        as_ids([[1, 2], [3]])


def test_paths_expand_the_home_folder_and_are_never_empty(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert as_path("~/a") == as_path(Path("~/a")) == tmp_path / "a"
    assert as_path("a/~b") == Path("a/~b")
    for odd in ("", " ", None, 3):
        with pytest.raises(ValueError, match="name a file or a folder"):
            as_path(odd)
    with pytest.raises(ValueError, match="~ of an unknown user"):
        as_path("~nobody-of-this-name/a")


# Where they are used


@pytest.mark.parametrize("three", INTEGERS[1:], ids=lambda x: f"{type(x).__name__} {x!r}")
def test_sizes_steps_and_seeds_of_every_kind_count(three):
    assert check_heads(torch.tensor(12), three) == 4
    config = GPTConfig(block_size=three, vocab_size=three, n_layer=three, n_head=three, n_embd=12)
    assert json.loads(json.dumps(config.__dict__))["n_layer"] == 3
    micro = MicroConfig(n_embd=12, n_head=three, n_layer=1, block_size=three)
    gpt = MicroGPT(["emma", "anna"], micro, seed=three)
    same = MicroGPT(["emma", "anna"], MicroConfig(12, 3, 1, 3), seed=3)
    assert list(gpt.train(three)) == list(same.train(3))
    assert len(gpt.sample(three)) == 3
    assert NgramTable("ab", context_size=three).n_counts == 81
    assert len(MLP("ab", three, three, three, rng=Random(1)).sample(three)) == 3
    assert len(list(descend(lambda x: (2 * x,), (1.0,), 0.25, three))) == 4
    assert cross_entropy([0.0] * 4, three) == cross_entropy([0.0] * 4, 3)
    assert train_counted({"aaab": 1, "ab": 1}, three) == train_naive(["aaab", "ab"], 3)
    size = np.int64(256 + int(three))
    assert BPETokenizer.train("aaab ab", vocab_size=size).vocab_size == 259
    assert next_probabilities([0.0, 1.0, 2.0, 3.0], top_k=three)[0] == 0


@pytest.mark.parametrize("odd", [True, 2.0, -1, float("nan"), "2"], ids=str)
def test_what_is_not_an_integer_is_refused_everywhere(odd):
    gpt = MicroGPT(["ab"], MicroConfig(n_embd=4, n_head=1, block_size=4))
    uses = [
        lambda: GPTConfig(n_layer=odd),
        lambda: MicroConfig(block_size=odd),
        lambda: gpt.train(odd),
        lambda: gpt.sample(odd),
        lambda: NgramTable("ab", context_size=odd),
        lambda: NgramTable("ab").sample(odd, rng=Random(1)),
        lambda: MLP("ab", n_hidden=odd, rng=Random(1)),
        lambda: list(descend(lambda x: (x,), (1.0,), 0.1, odd)),
        lambda: cross_entropy([0.0, 1.0], odd),
        lambda: cross_entropy_grad([0.0, 1.0], odd),
        lambda: train_naive(["ab"], odd),
        lambda: BPETokenizer.train("ab", vocab_size=odd),
        lambda: BPETokenizer([(97, odd)]),
        lambda: BPETokenizer([], special_tokens={"<|x|>": odd}),
        lambda: CharTokenizer("abc").decode([odd]),
        lambda: CharTokenizer("abc").token_bytes(odd),
        lambda: next_probabilities([1.0, 2.0], top_k=odd),
    ]
    for number, use in enumerate(uses):
        with pytest.raises(ValueError):
            use()
            pytest.fail(f"use {number} took {odd!r}")
