"""Fine-tuning: the masked loss of transformers, masks that are wrong, forgetting, and resume."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace

import numpy as np
import pytest
import torch

from gptcore.corpus import Batches, write_shard
from gptcore.model import GPT, GPTConfig
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig, load_model, train
from gptcore.tuning import (
    CHAT_TOKENS,
    ChatFormat,
    ChatFormatError,
    ConversationBatches,
    encode_conversations,
    extend_vocab,
    fine_tune,
)

SHORT = TrainConfig(
    max_steps=24,
    batch_size=4,
    warmup_steps=2,
    checkpoint_every=5,
    learning_rate=1e-2,
    min_learning_rate=1e-3,
    device="cpu",
)
TIMES = ("tokens_per_second", "mfu")


def masked_loss(model, encoded, mask="answers") -> float:
    """The mean loss of conversations padded to one length, with one of several masks."""
    T = max(len(one.ids) for one in encoded)
    ids = np.array([one.ids + [0] * (T - len(one.ids)) for one in encoded])
    graded = np.array([one.is_graded + [False] * (T - len(one.ids)) for one in encoded])
    real = np.array([[True] * len(one.ids) + [False] * (T - len(one.ids)) for one in encoded])
    if mask == "prompt, too":
        graded = real
    if mask == "without the end":
        ends = np.array([len(one.ids) - 1 for one in encoded])
        graded[np.arange(len(encoded)), ends] = False
    shifted = graded[:, :-1] if mask == "not shifted" else graded[:, 1:]
    targets = np.where(shifted & real[:, 1:], ids[:, 1:], -1)
    return model(torch.from_numpy(ids[:, :-1]), torch.from_numpy(targets))[1].item()


@pytest.fixture
def encoded(chat, turns):
    pairs = [("17+5?", "22"), ("a name with k?", "kofi"), ("1+1?", "2")]
    return encode_conversations([turns(pair) for pair in pairs], chat, 32)


def first_loss(model, conversations, chat) -> float:
    config = replace(SHORT, max_steps=1, batch_size=1, warmup_steps=0)
    (step,) = fine_tune(model, conversations, chat, config)
    return step.train_loss


def test_the_masked_loss_is_that_of_transformers(chat, turns, encoded, small_model, tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    model = small_model(bias=True, activation="gelu_tanh", block_size=64)
    model.to_hf(tmp_path)
    theirs = transformers.GPT2LMHeadModel.from_pretrained(tmp_path).eval()
    T = max(len(one.ids) for one in encoded)
    ids = torch.tensor([one.ids + [0] * (T - len(one.ids)) for one in encoded])
    rows = [[i if g else -100 for i, g in zip(one.ids, one.is_graded)] for one in encoded]
    labels = torch.tensor([row + [-100] * (T - len(row)) for row in rows])
    expected = theirs(ids, labels=labels).loss.item()
    pairs = [("17+5?", "22"), ("a name with k?", "kofi"), ("1+1?", "2")]
    assert masked_loss(model, encoded) == pytest.approx(expected, rel=1e-6)
    ours = first_loss(model, [turns(pair) for pair in pairs], chat)  # packed into one row
    assert ours == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("mask", ["prompt, too", "without the end", "not shifted"])
def test_a_wrong_mask_gives_another_loss(mask, encoded, small_model):
    model = small_model()
    right = masked_loss(model, encoded)
    assert abs(masked_loss(model, encoded, mask) - right) > 0.01


def test_it_learns_to_answer_and_to_stop(chat, sums, small_model):
    model = small_model(1.0, n_embd=32)
    config = replace(SHORT, max_steps=150, batch_size=8, optimizer="muon")
    losses = [step.train_loss for step in fine_tune(model, sums, chat, config)]
    assert np.mean(losses[-10:]) < 0.35 * losses[0]
    answers = 0
    for messages in sums[::5]:
        prompt = chat.prompt_ids(messages[:1])
        ids = list(generate_cached(model, prompt, 8, temperature=0, stop=chat.stop_ids))
        assert len(ids) < 8  # it ended
        answers += chat.tokenizer.decode(ids).removesuffix("<|end|>") == messages[1]["content"]
    assert answers > 10


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    """Pretraining text in the letters of the chat: an alphabet with a rule."""
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(1)
    ids = [3]
    for noise in rng.random(6000):
        ids.append(int(rng.integers(37)) if noise < 0.1 else (ids[-1] * 5 + 7) % 37)
    write_shard(folder / "train.bin", np.array(ids[:5000]), 44)
    write_shard(folder / "val.bin", np.array(ids[5000:]), 44)
    return folder


@pytest.mark.slow
def test_mixed_in_text_is_not_forgotten(text, chat, sums, small_model):
    options = {"block_size": 32, "seed": 1}
    val = Batches(text, batch_size=8, split="val", **options)
    config = replace(SHORT, max_steps=120, batch_size=8, eval_every=120)
    base = small_model(1.0, n_embd=32)
    pretrained = [*train(base, Batches(text, batch_size=8, **options), config, val=val)]
    weights = {name: tensor.clone() for name, tensor in base.state_dict().items()}
    last = {}
    for rows in (0, 2):
        base.load_state_dict(weights)
        mix = Batches(text, batch_size=rows, **options) if rows else None
        steps = [*fine_tune(base, sums, chat, config, mix=mix, val=val)]
        last[rows] = steps[-1].val_loss
    before = pretrained[-1].val_loss
    assert last[0] > before + 0.5
    assert last[2] < before + 0.15


def test_a_batch_has_as_many_targets_as_answers_and_text(text, chat, sums, small_model):
    mix = Batches(text, batch_size=1, block_size=32, seed=1)
    config = replace(SHORT, max_steps=1, warmup_steps=0)
    (step,) = fine_tune(small_model(), sums, chat, config, mix=mix)
    batches = ConversationBatches(
        encode_conversations(sums, chat, 32), batch_size=4, block_size=32, seed=1337, mix=mix
    )
    _, targets, _ = batches.batch(0)
    assert step.tokens == (targets >= 0).sum() > 32


# The folder of a run


def test_the_format_is_stored_and_another_is_refused(chat, sums, small_model, tmp_path):
    config = replace(SHORT, max_steps=2)
    [*fine_tune(small_model(), sums, chat, config, out_dir=tmp_path / "out")]
    assert ChatFormat.load(tmp_path / "out") == chat
    swapped = {**CHAT_TOKENS, "user": "<|assistant|>", "assistant": "<|user|>"}
    other = ChatFormat(chat.tokenizer, swapped)
    longer = replace(SHORT, max_steps=4)
    with pytest.raises(ChatFormatError, match="another chat format"):
        fine_tune(small_model(), sums, other, longer, out_dir=tmp_path / "out", resume=True)
    with pytest.raises(ValueError, match="contains another run"):
        fine_tune(small_model(), sums, chat, config, out_dir=tmp_path / "out")
    with pytest.raises(ValueError, match="other data"):
        fine_tune(small_model(), sums[:7], chat, longer, out_dir=tmp_path / "out", resume=True)


def test_a_tokenizer_with_more_tokens_than_the_model_is_refused_and_the_advice_works(sums):
    letters = CharTokenizer("0123456789+?", special_tokens=CHAT_TOKENS.values())
    model = GPT(GPTConfig(vocab_size=13, block_size=16, n_layer=1, n_head=2, n_embd=8))
    config = replace(SHORT, max_steps=1, warmup_steps=0)
    with pytest.raises(ChatFormatError, match=r"extend_vocab\(model, 17\)"):
        fine_tune(model, sums, ChatFormat(letters), config)
    assert len([*fine_tune(extend_vocab(model, 17), sums, ChatFormat(letters), config)]) == 1


def model_for(chat) -> GPT:
    config = GPTConfig(
        vocab_size=chat.tokenizer.vocab_size,
        **{"block_size": 32, "n_layer": 2, "n_head": 2, "n_embd": 16, "dropout": 0.1},
    )
    return GPT(config, torch.Generator().manual_seed(1))


def tune_slowly(sums, chat, out, seconds: float) -> None:
    """Tune in a process that the test kills."""
    torch.set_num_threads(1)
    for _ in fine_tune(model_for(chat), sums, chat, SHORT, out_dir=out, resume=True):
        time.sleep(seconds)


@pytest.mark.slow
def test_a_run_that_is_killed_and_resumed_is_identical(chat, sums, tmp_path):
    whole = [*fine_tune(model_for(chat), sums, chat, SHORT, out_dir=tmp_path / "whole")]
    killed = tmp_path / "killed"
    processes = multiprocessing.get_context("spawn")
    for step in (3, 12):  # before the first checkpoint, and after the second
        child = processes.Process(target=tune_slowly, args=(sums, chat, killed, 0.05))
        child.start()
        log, end = killed / "log.jsonl", time.monotonic() + 120
        while not (log.exists() and log.read_bytes().count(b"\n") >= step):
            assert time.monotonic() < end and child.is_alive()
            time.sleep(0.001)
        os.kill(child.pid, signal.SIGKILL)
        child.join(60)
        assert child.exitcode == -signal.SIGKILL
    rest = [*fine_tune(model_for(chat), sums, chat, SHORT, out_dir=killed, resume=True)]
    assert 0 < len(rest) < len(whole)
    for ours, expected in zip(rest, whole[-len(rest) :]):
        assert all(
            getattr(ours, name) == value
            for name, value in vars(expected).items()
            if name not in TIMES
        )
    weights = load_model(killed).state_dict()
    assert all(
        torch.equal(w, weights[n]) for n, w in load_model(tmp_path / "whole").state_dict().items()
    )
