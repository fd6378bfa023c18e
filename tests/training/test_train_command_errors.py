"""Errors while `gptcore train` runs: a message without a traceback, and the run can resume."""

import pickle
from pathlib import Path

import pytest
import torch
from small_runs import log_of

from gptcore.cli import main
from gptcore.corpus import ShardSettings, prepare
from gptcore.model import GPT
from gptcore.tokenizers import BPETokenizer

pytestmark = pytest.mark.slow

RUN = ["--n_layer", "1", "--n_embd", "8", "--n_head", "2", "--batch_size", "4", "--device", "cpu"]
RUN += ["--max_steps", "8", "--eval_every", "4", "--eval_tokens", "99", "--checkpoint_every", "4"]


@pytest.fixture
def train(tmp_path, capsys):
    """Runs the command; returns its exit code and what it wrote to standard error."""

    def typed(*more: str, preset: str = "names") -> tuple[int, str]:
        code = main(["train", preset, "--out_dir", str(tmp_path / "out"), *RUN, *more])
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return code, message

    return typed


def change_sixth_forward(monkeypatch, change) -> None:
    """Apply a function to the hidden states of the sixth forward pass, evaluation included."""
    original, calls = GPT.forward_hidden, []

    def forward_hidden(self, ids, **options):
        calls.append(1)
        x = original(self, ids, **options)
        return change(x) if len(calls) == 6 else x

    monkeypatch.setattr(GPT, "forward_hidden", forward_hidden)


def out_of_memory(x):
    raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda x: x * float("nan"), "the loss is not finite. No single row causes it. The"),
        (out_of_memory, "needs more memory than there is, with a micro-batch of 4 x 32 tokens"),
    ],
    ids=["NaN", "out of memory"],
)
@pytest.mark.slow
def test_a_failed_step_ends_the_run_saved(change, words, train, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        change_sixth_forward(patch, change)
        code, message = train()
    assert code == 1 and words in message
    done = len(log_of(tmp_path / "out"))
    assert 0 < done < 8 and f"saved in {tmp_path}/out/step_{done:06d}" in message
    assert train("--resume")[0] == 0
    assert [line["step"] for line in log_of(tmp_path / "out")] == list(range(1, 9))


@pytest.mark.slow
def test_options_that_contradict_a_resumed_run_are_refused(train):
    assert train()[0] == 0
    code, message = train("--resume", "--max_steps", "9", "--n_layer", "2")
    assert code == 2 and "has n_layer=1 (now 2). Resume it with the same sizes" in message
    code, message = train("--resume", "--max_steps", "9", "--batch_size", "5")
    assert code == 2 and "Choose them so that the product is 4." in message


@pytest.mark.slow
def test_a_damaged_checkpoint_is_skipped_and_the_run_stops_if_all_are_damaged(train, tmp_path):
    assert train()[0] == 0
    newest, older = (tmp_path / "out" / f"step_{step:06d}" for step in (8, 4))
    (newest / "model.safetensors").write_bytes(b"cut short")
    code, message = train("--resume", "--max_steps", "9")
    assert code == 0 and "note: The checkpoint" in message and "step_000008 is damaged" in message
    for folder in (older, newest, tmp_path / "out" / "step_000009"):
        if folder.exists():
            (folder / "state.json").write_text("{")
    code, message = train("--resume", "--max_steps", "10")
    assert code == 1 and "--init_from" in message  # the weights are intact
    for folder in (older, newest, tmp_path / "out" / "step_000009"):
        if folder.exists():
            (folder / "model.safetensors").write_bytes(b"cut short")
    code, message = train("--resume", "--max_steps", "10")
    assert (
        code == 1 and "Train again in another --out_dir" in message and "--init_from" not in message
    )


def test_a_pickle_in_the_folder_is_not_opened(train, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "ckpt.pt").write_bytes(pickle.dumps({"model": 1}))
    code, message = train("--resume")
    assert code == 2 and "is a pickle" in message and "GPT.from_nanogpt" in message


def test_a_missing_gpu_is_reported_before_anything_is_written(train, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    code, message = train("--device", "cuda")
    assert code == 2 and "PyTorch finds no GPU" in message and "--device cpu" in message
    assert not list((tmp_path / "out").glob("step_*"))


def prepared(folder: Path, text: str) -> str:
    (folder / "text.txt").write_text(text)
    tokenizer = BPETokenizer.train(text + "\n", vocab_size=260)
    tokenizer.special_tokens["<|endoftext|>"] = tokenizer.vocab_size
    tokenizer.save(folder / "tokens.json")
    lines = ShardSettings(document="line")
    list(prepare(folder / "text.txt", folder / "shards", folder / "tokens.json", settings=lines))
    return str(folder / "shards")


def test_one_document_is_too_few_for_training_and_validation(train, tmp_path):
    shards = prepared(tmp_path, "the cat sat on the mat. " * 40)
    code, message = train("--data", shards)
    assert code == 2 and f"{shards} has no tokens for val: none of its 1 document(s)" in message
    assert "into several (one .txt file for each, or one line for each with --docum" in message


def test_an_empty_validation_split_says_how_to_fill_it(train, tmp_path):
    shards = prepared(tmp_path, "the cat sat on the mat\n" * 30)
    code, message = train("--data", shards)
    assert code == 2 and "Use a larger --val_share, and prepare it in another folder." in message


def test_an_option_without_the_one_that_it_belongs_to_is_noted(train):
    code, message = train("--sample_prompt", "a", "--wandb_project", "x")
    assert code == 0
    assert "--sample_prompt has no effect without --sample_every" in message
    assert "--wandb_project has no effect without --wandb" in message
    code, message = train("--sample_prompt", "a", "--sample_every", "4", "--resume")
    assert code == 0 and "no effect without --sample_every" not in message
