"""`gptcore tune`, as it is typed: what it writes, and exact resume of every kind."""

import json
import signal
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from command_runs import (
    FAST,
    LETTERS,
    conversation,
    write_base,
    write_examples,
    write_instruct,
    write_lines,
)

from gptcore.cli import main
from gptcore.cli.tuning import loop, sums
from gptcore.cli.tuning.options import TuneOptions
from gptcore.cli.tuning.reward_function import find_reward
from gptcore.cli.tuning.samples import first_questions
from gptcore.cli.tuning.setup import mixed_text
from gptcore.corpus import write_shard
from gptcore.model import GPT
from gptcore.tokenizers import CharTokenizer
from gptcore.training import TrainConfig, load_model
from gptcore.tuning import CHAT_TOKENS, ChatFormat, ChatModel, Rollout, load_chat_model, load_lora

pytestmark = pytest.mark.slow

TIMES = ("tokens_per_second", "mfu")  # these differ between any two runs


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A base model, a chat model, examples, and shards of pretraining text."""
    folder = write_examples(tmp_path_factory.mktemp("world"))
    write_base(folder / "base")
    write_instruct(folder / "instruct")
    tokenizer = CharTokenizer(LETTERS)
    (folder / "shards").mkdir()
    tokenizer.save(folder / "shards" / "tokenizer.json")
    for split in ("train", "val"):
        ids = np.array(tokenizer.encode("some text 1+1 " * 60))
        write_shard(folder / "shards" / f"{split}.bin", ids, tokenizer.vocab_size)
    return folder


@pytest.fixture
def tune(world, command, monkeypatch):
    """Runs the command in the folder of the world; exit code, output and standard error."""
    monkeypatch.chdir(world)

    return partial(command, "tune")


KINDS = {
    "sft": ["sft", "--data", "chat.jsonl", "--batch_size", "4"],
    "sft-mix": ["sft", "--data", "chat.jsonl", "--mix", "shards", "--batch_size", "4"],
    "reinforce": [
        *("reinforce", "--questions", "questions.jsonl", "--reward", "letters.py:even"),
        *("--questions_per_step", "3", "--group_size", "20", "--max_new_tokens", "9"),
    ],
    "dpo": ["dpo", "--pairs", "pairs.jsonl", "--pairs_per_step", "4", "--sft_weight", "0.2"],
}


def typed(kind: str, out: Path, *more, model: str = "base") -> list:
    return [*KINDS[kind], "--out_dir", out, "--init_from", model, *FAST, *more]


def log_of(folder: Path) -> list[dict]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [{name: line[name] for name in line if name not in TIMES} for line in lines]


def is_same_model(one: GPT, other: GPT) -> bool:
    a, b = one.unique_state_dict(), other.unique_state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_is_read_by_chat_sample_and_load_model(kind, tune, tmp_path, capsys):
    out = tmp_path / "run"
    code, printed, err = tune(*typed(kind, out, "--max_steps", "4"))
    assert code == 0, err
    assert printed.startswith("finished: 4 steps, ") and f"gptcore chat {out}" in printed
    assert "after step 0: 0+0? -> " in err and "after step 4: 0+0? -> " in err
    assert "step 1 of 4 | " in err and "step 4 of 4 | " in err and "left" in err
    assert len(log_of(out)) == 4
    loaded = load_chat_model(out)
    assert loaded.chat == ChatFormat.load(out)
    assert is_same_model(loaded.model, load_model(out))
    assert loaded.model.config.vocab_size == loaded.chat.tokenizer.vocab_size
    assert not is_same_model(loaded.model, load_model(out / "step_000003"))
    sample = ["--num_samples", "1", "--max_new_tokens", "4", "--device", "cpu"]
    assert main(["sample", "--out_dir", str(out), *sample]) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize("more", [[], ["--lora", "2"]], ids=["all weights", "lora"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stopped_run_continues_exactly(kind, more, tune, tmp_path, monkeypatch):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert tune(*typed(kind, whole, "--max_steps", "7", *more))[0] == 0
    original = loop.with_progress

    def with_signal(steps, config, format_record):
        for step in original(steps, config, format_record):
            if step.step == 4:
                signal.raise_signal(signal.SIGTERM)
            yield step

    with monkeypatch.context() as patch:
        patch.setattr(loop, "with_progress", with_signal)
        code, printed, err = tune(*typed(kind, parts, "--max_steps", "7", *more))
    assert code == 75 and printed == ""
    assert "SIGTERM: this step will be finished and saved" in err
    assert "the same command with --resume continues" in err
    assert len(log_of(parts)) == 4
    # Everything but preset and folder is remembered.
    code, printed, err = tune(KINDS[kind][0], "--out_dir", parts, "--resume", "--device", "cpu")
    assert code == 0, err
    assert "after step 0" not in err
    assert log_of(parts) == log_of(whole)
    assert is_same_model(load_model(parts), load_model(whole))
    code, printed, err = tune(KINDS[kind][0], "--out_dir", parts, "--resume", "--device", "cpu")
    assert (code, printed) == (0, f"already finished: 7 steps, in {parts}\n")
    assert tune(*typed(kind, parts))[0] == 2  # without --resume nothing is written over


def test_adapters_are_saved_apart_and_merged(tune, tmp_path, world):
    out = tmp_path / "run"
    code, _, err = tune(*typed("sft", out, "--max_steps", "5", "--lora", "3"))
    assert code == 0 and f"merged model: {out / 'merged'}" in err
    assert "The special tokens of the chat are new, and --lora leaves their embeddings" in err
    plain, adapted = load_model(out / "merged"), load_model(out)
    ids = torch.arange(12)[None]
    assert torch.allclose(plain(ids)[0], adapted(ids)[0], atol=1e-5)
    assert load_chat_model(out / "merged").chat == ChatFormat.load(out)
    tuned = tmp_path / "tuned"
    code, _, err = tune(*typed("dpo", tuned, "--max_steps", "3", "--lora", "2", model=str(out)))
    assert code == 0, err
    base = load_model(out / "merged")
    load_lora(base, tuned / "adapters.safetensors")
    assert torch.equal(base(ids)[0], load_model(tuned)(ids)[0])


def test_a_chat_model_keeps_its_template(tune, tmp_path):
    out = tmp_path / "run"
    code, _, err = tune(*typed("sft", out, "--max_steps", "3", "--lora", "2", model="instruct"))
    assert code == 0 and "special tokens of the chat are new" not in err
    chat = ChatFormat.load(out)
    assert chat.tokens is None
    messages = conversation("1+1?", "2")["messages"]
    text = "<|im_start|>user\n1+1?<|im_end|>\n<|im_start|>assistant\n2<|im_end|>\n"
    assert chat.tokenizer.decode(chat.render(messages).ids) == text
    code, _, err = tune(*typed("reinforce", tmp_path / "rl", "--max_steps", "2", model=str(out)))
    assert code == 0, err


def test_a_tuned_run_is_tuned_again_with_the_same_tokens(tune, tmp_path):
    first, second = tmp_path / "sft", tmp_path / "rl"
    assert tune(*typed("sft", first, "--max_steps", "2"))[0] == 0
    assert tune(*typed("reinforce", second, "--max_steps", "2", model=str(first)))[0] == 0
    assert ChatFormat.load(first) == ChatFormat.load(second)


def test_what_follows_the_marker_is_rewarded(tune, tmp_path, world):
    file = write_lines(tmp_path / "q.jsonl", {"question": "1+1?", "answer": "so 2. - 1,002"})
    (tmp_path / "seen.py").write_text(
        "SEEN = []\n"
        "def reward(answer, key):\n"
        "    assert key == '1,002' and (answer is None or '-' not in answer)\n"
        "    return float(len(answer or ''))\n"
    )
    reward = f"{tmp_path / 'seen.py'}:reward"
    more = ["--marker", "-", "--max_steps", "2", "--questions", file, "--reward", reward]
    code, _, err = tune(*typed("reinforce", tmp_path / "run", *more))
    assert code == 0, err


def test_the_questions_that_are_shown_differ(tmp_path):
    texts = ["1+1?", "1+1?", "2+2?", "1+1?", "3+3?", "4+4?"]
    lines = [conversation(text, "2") for text in texts]
    shown = first_questions(write_lines(tmp_path / "chat.jsonl", *lines))
    assert [one["content"] for (one,) in shown] == ["1+1?", "2+2?", "3+3?"]


def test_an_eighth_of_the_rows_is_text_unless_it_is_said(world, tmp_path):
    chat = ChatFormat(CharTokenizer(LETTERS, special_tokens=CHAT_TOKENS.values()))
    for given, rows in ((None, 2), (5, 5)):
        options = TuneOptions("sft", tmp_path, mix=world / "shards", mix_rows=given)
        assert mixed_text(options, TrainConfig(batch_size=16), chat, 16)[0].batch_size == rows


def test_an_answer_without_the_marker_is_not_rewarded():
    reward = find_reward("exact", "####")
    answers = ("5", "#### 5", "4 #### 5", "5 #### 4", None)
    assert [reward(answer, "5") for answer in answers] == [0, 1, 1, 0, 0]


def test_long_conversations_are_left_out_and_counted(tune, tmp_path):
    long = [conversation("1+1?", "2" * n) for n in (25, 40)]
    file = write_lines(tmp_path / "chat.jsonl", conversation("1+1?", "2"), *long)
    code, _, err = tune(*typed("sft", tmp_path / "run", "--max_steps", "2", "--data", file))
    assert code == 0
    assert "note: 1 of 3 conversations are longer than the 32 tokens of the context" in err
    assert f"{file}, line 3 (47 tokens)" in err


def test_groups_that_agree_are_said_and_counted(tune, tmp_path):
    more = ["--max_steps", "3", "--reward", "exact", "--max_new_tokens", "1"]
    code, _, err = tune(*typed("reinforce", tmp_path / "run", *more))
    assert code == 0
    assert "note: step 1: Nothing to learn: all answers to each question got the same" in err
    assert "note: 3 of 3 steps had nothing to learn" in err


@pytest.mark.parametrize("preset", ["sums-sft", "sums-rl", "sums-dpo"])
def test_the_presets_of_the_sums_bring_their_examples(preset, tune, tmp_path, monkeypatch):
    monkeypatch.setattr(sums, "N_CONVERSATIONS", 40)
    monkeypatch.setattr(sums, "N_QUESTIONS", 40)
    monkeypatch.setattr(sums, "DOCUMENTS", {"train": 90, "val": 30})
    small = ["--device", "cpu", "--max_steps", "2"]
    first = tmp_path / "sft"
    code, _, err = tune("sums-sft", "--out_dir", first, *small, "--batch_size", "4")
    assert code == 0, err
    assert "val " in err and {"chat.jsonl", "train.bin"} <= {
        f.name for f in (first / "data").iterdir()
    }
    if preset == "sums-sft":
        return
    out = tmp_path / "run"
    monkeypatch.setattr(sums, "pair_lines", lambda model, chat: [
        {"prompt": "what is 1+1?", "chosen": "2", "rejected": "3"}
    ])  # fmt: skip
    code, _, err = tune(preset, "--out_dir", out, "--init_from", first, *small)
    assert code == 0, err
    assert len(log_of(out)) == 2
    moved = out.rename(tmp_path / "moved")  # its examples moved with it
    code, _, err = tune(preset, "--out_dir", moved, "--resume", "--device", "cpu")
    assert code == 0, err
    assert tune(preset, "--out_dir", tmp_path / "new", *small)[0] == 2
    code, _, err = tune(preset, "--out_dir", tmp_path / "new", "--init_from", "sums-gpt", *small)
    assert code == 2 and "First: gptcore tune sums-sft" in err


def test_pairs_of_the_sums_are_right_and_wrong_answers_of_the_model():
    from gptcore.tuning import with_chat_format  # noqa: PLC0415
    from gptcore.tuning.reinforcement.rewards import exact_number  # noqa: PLC0415

    model, chat = with_chat_format(load_chat_model("sums-gpt"), 1)
    original = sums.sample_groups

    def rollout(text, is_ended=True):
        ids = chat.tokenizer.encode(text)
        return Rollout([1], [*ids, 0] if is_ended else ids, [], is_ended=is_ended)

    special = Rollout([1], [max(chat.tokenizer.special_tokens.values()), 0], [], is_ended=True)
    try:
        sums.sample_groups = lambda *a, **k: [
            [rollout("7", is_ended=False), special, *map(rollout, ("90", "1", "x"))]
        ] * 600  # fmt: skip
        lines = sums.pair_lines(model, chat)
    finally:
        sums.sample_groups = original
    assert lines
    for line in lines:
        a, b = map(int, line["prompt"].removeprefix("what is ").rstrip("?").split("+"))
        assert "<|" not in line["rejected"] + line["chosen"]  # no text may spell a special token
        assert "7" not in (line["chosen"], line["rejected"])  # it did not end
        assert exact_number(line["chosen"], a + b) and not exact_number(line["rejected"], a + b)


def test_padding_of_the_vocabulary_is_no_place_for_new_tokens(tmp_path):
    from gptcore.tuning import extend_vocab, with_chat_format  # noqa: PLC0415

    tokenizer = CharTokenizer(LETTERS)
    padded = extend_vocab(load_model(write_base(tmp_path / "base")), 64)
    with torch.no_grad():
        padded.wte.weight[tokenizer.vocab_size :] = -99.0
    model, chat = with_chat_format(ChatModel(padded, tokenizer, None), seed=1)
    assert model.config.vocab_size == chat.tokenizer.vocab_size == tokenizer.vocab_size + 4
    assert model.wte.weight.min() > -9


def test_a_run_that_was_killed_after_its_last_step_still_gets_its_merged_model(tune, tmp_path):
    out = tmp_path / "run"
    assert tune(*typed("dpo", out, "--max_steps", "2", "--lora", "2"))[0] == 0
    adapters = (out / "adapters.safetensors").read_bytes()
    for file in (out / "adapters.safetensors", *(out / "merged").iterdir()):
        file.unlink()
    code, printed, err = tune("dpo", "--out_dir", out, "--resume", "--device", "cpu")
    assert (code, printed) == (0, f"already finished: 2 steps, in {out}\n"), err
    assert (out / "adapters.safetensors").read_bytes() == adapters
    assert load_chat_model(out / "merged").chat == ChatFormat.load(out)
