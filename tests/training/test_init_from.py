"""`gptcore train --init_from`: models of other programs, tokenizers, sizes that change."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from small_runs import log_of

from gptcore.cli import main
from gptcore.cli.training.initial_model import (
    find_source,
    have_same_ids,
    with_block_size,
    with_vocab_size,
)
from gptcore.corpus import Batches, ShardSettings, prepare, write_shard
from gptcore.export import export_gguf
from gptcore.manifest import TextUnavailableError
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import BPETokenizer, CharTokenizer, load_tokenizer
from gptcore.training import load_model

pytestmark = pytest.mark.slow

GPT2 = GPTConfig(
    block_size=24, vocab_size=280, n_layer=2, n_head=2, n_embd=16, bias=True, activation="gelu_tanh"
)
LLAMA = replace(
    GPT2, bias=False, activation="swiglu", rope=True, norm="rmsnorm", rmsnorm_weight=True
)
RUN = ["--batch_size", "4", "--device", "cpu", "--max_steps", "2", "--eval_tokens", "99"]


def trained(text, vocab_size, file):
    """A tokenizer of bytes and a few pairs, with a token between documents."""
    tokenizer = BPETokenizer.train(text, vocab_size=vocab_size)
    tokenizer.special_tokens["<|endoftext|>"] = vocab_size
    tokenizer.save(file)
    return load_tokenizer(file)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Shards of a small text, its tokenizer, and a model in formats of others."""
    folder = tmp_path_factory.mktemp("prepared")
    lines = [f"line {i}: the {i % 7} cats sat on {i % 3} mats" for i in range(300)]
    (folder / "text.txt").write_text("\n".join(lines))
    tokenizer = trained("\n".join(lines), 270, folder / "tokens.json")
    by_line = ShardSettings(document="line", val_share=0.2)
    list(prepare(folder / "text.txt", folder / "shards", folder / "tokens.json", settings=by_line))
    gpt2 = GPT(GPT2, torch.Generator().manual_seed(1))
    llama = GPT(LLAMA, torch.Generator().manual_seed(2))
    gpt2.to_hf(folder / "gpt2", tokenizer)
    llama.bfloat16().to_hf(folder / "llama", tokenizer)
    export_gguf(llama.float(), tokenizer, folder / "llama.gguf", dtype="f32")
    return SimpleNamespace(folder=folder, shards=folder / "shards", tokenizer=tokenizer)


@pytest.fixture
def train(prepared, tmp_path, capsys):
    """Runs the command on the shards; returns its exit code and standard error."""

    def typed(source, *more: str, data=prepared.shards, out="out") -> tuple[int, str]:
        words = ["--data", str(data), "--out_dir", str(tmp_path / out), "--init_from", str(source)]
        code = main(["train", "fineweb-40m", *words, *RUN, "--grad_accum", "1", *more])
        message = capsys.readouterr().err
        assert "Traceback" not in message
        return code, message

    return typed


@pytest.mark.parametrize("source", ["gpt2", "llama"])
def test_the_first_loss_is_that_of_transformers(source, prepared, train, tmp_path):
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    assert train(prepared.folder / source, "--compile", "False")[0] == 0
    options = {"batch_size": 4, "block_size": GPT2.block_size, "seed": 1337}
    ids, targets = map(torch.from_numpy, Batches(prepared.shards, **options).batch(0))
    theirs = transformers.AutoModelForCausalLM.from_pretrained(prepared.folder / source).float()
    with torch.no_grad():
        logits = theirs(ids).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    assert log_of(tmp_path / "out")[0]["train_loss"] == pytest.approx(float(expected), abs=1e-4)
    trained = load_model(tmp_path / "out")
    assert trained.dtype == torch.float32 and trained.config.block_size == GPT2.block_size


def test_a_gguf_file_begins_where_its_folder_begins(prepared, train, tmp_path):
    words = ["--compile", "False", "--vocab_size", "271"]  # the GGUF file has no padding
    assert train(prepared.folder / "llama", *words, out="a")[0] == 0
    assert train(prepared.folder / "llama.gguf", *words, out="b")[0] == 0
    first, second = (log_of(tmp_path / out) for out in "ab")
    assert [s["train_loss"] for s in first] == pytest.approx([s["train_loss"] for s in second])


def test_a_run_is_resumed_without_the_model_it_began_from(prepared, train, tmp_path, capsys):
    assert train(prepared.folder / "llama", "--compile", "False")[0] == 0
    out = tmp_path / "out"
    command = json.loads((out / "command.json").read_text())
    assert command["init_from"] == str(prepared.folder / "llama")
    assert main(["train", "--out_dir", str(out), "--resume", "--max_steps", "3"]) == 0
    assert "--init_from" not in (out / "config.toml").read_text()
    assert len(log_of(out)) == 3
    # The file of its settings begins the same run again.
    again = ["--out_dir", str(tmp_path / "again"), "--max_steps", "2"]
    assert main(["train", "--config", str(out / "config.toml"), *again]) == 0
    assert log_of(tmp_path / "again")[0] == log_of(out)[0]


def test_data_of_another_tokenizer_is_refused_with_both_names(prepared, train, tmp_path):
    (tmp_path / "text.txt").write_text("\n".join(f"another text {i}" for i in range(300)))
    trained("another text " * 30, 262, tmp_path / "other.json")
    by_line = ShardSettings(document="line", val_share=0.2)
    files = tmp_path / "text.txt", tmp_path / "shards", tmp_path / "other.json"
    list(prepare(*files, settings=by_line))
    code, message = train(prepared.folder / "gpt2", data=tmp_path / "shards")
    assert code == 2 and "has the tokenizer BPETokenizer(263 tokens)" in message
    assert "was trained with the tokenizer HFTokenizer(271 tokens)" in message
    assert f"--tokenizer {prepared.folder / 'gpt2'}" in message
    # The advice works.
    advised = load_tokenizer(prepared.folder / "gpt2")
    list(prepare(files[0], tmp_path / "advised", advised, settings=by_line))
    code, message = train(prepared.folder / "gpt2", "--compile=False", data=tmp_path / "advised")
    assert code == 0, message


def test_the_tokenizer_comes_along_if_that_of_the_data_is_not_known(prepared, train, tmp_path):
    (tmp_path / "bin").mkdir()
    for split in ("train", "val"):
        write_shard(tmp_path / "bin" / f"{split}.bin", np.arange(900) % 260, 280)
    assert train(prepared.folder / "gpt2", "--compile=False", data=tmp_path / "bin")[0] == 0
    saved = load_tokenizer(tmp_path / "out" / "tokenizer.json")
    assert have_same_ids(saved, prepared.tokenizer)


def test_equal_ids_are_found_in_files_of_two_formats(tmp_path):
    tokenizer = trained("the cat sat on the mat " * 9, 264, tmp_path / "one")
    tokenizer.save_pretrained(tmp_path)
    theirs = load_tokenizer(tmp_path)
    assert theirs.sha256 != tokenizer.sha256 and have_same_ids(tokenizer, theirs)
    other = trained("a dog ran off the log " * 9, 264, tmp_path / "other")
    assert not have_same_ids(other, theirs)
    assert not have_same_ids(CharTokenizer("abc"), CharTokenizer("abd"))


@pytest.mark.parametrize("sizes", [GPT2, LLAMA], ids=["wpe", "rope"])
def test_a_shorter_context_and_more_rows_leave_what_the_model_computes(sizes, prepared):
    model = GPT(sizes, torch.Generator().manual_seed(1))
    ids = torch.randint(0, 270, (2, 10), generator=torch.Generator().manual_seed(3))
    expected = model(ids)[0]
    short = with_block_size(model, 10, 0.1).eval()
    assert (short.config.block_size, short.config.dropout) == (10, 0.1)
    assert torch.equal(short(ids)[0], expected)
    with pytest.raises(ValueError, match="block_size=25 is longer than the 24 tokens"):
        with_block_size(model, 25, 0.0)
    padded = with_vocab_size(model, 320, prepared.tokenizer, seed=1)
    torch.testing.assert_close(padded(ids)[0][..., :280], expected)
    narrow = with_vocab_size(model, 271, prepared.tokenizer, seed=1)
    torch.testing.assert_close(narrow(ids)[0], expected[..., :271])
    with pytest.raises(ValueError, match="vocab_size=270 is too small: the tokens need 271 rows"):
        with_vocab_size(model, 270, prepared.tokenizer, seed=1)


def test_sizes_that_change_are_those_of_the_run(prepared, train, tmp_path):
    more = ["--compile", "False", "--block_size", "16", "--vocab_size", "320", "--dropout", "0.1"]
    assert train(prepared.folder / "gpt2", *more)[0] == 0
    config = load_model(tmp_path / "out").config
    assert (config.block_size, config.vocab_size, config.dropout) == (16, 320, 0.1)
    code, message = train(prepared.folder / "gpt2", "--n_layer", "3", out="b")
    assert code == 2 and "has n_layer=2 (not 3). Its weights fit no other sizes" in message


def test_a_shipped_model_is_found_by_its_name(tmp_path, capsys):
    words = ["--out_dir", str(tmp_path), "--init_from", "stories-gpt", "--batch_size", "2"]
    words += ["--device", "cpu", "--max_steps", "1", "--eval_tokens", "99"]
    assert main(["train", "names", *words]) == 2  # another alphabet
    assert "another tokenizer" in capsys.readouterr().err


def test_a_model_that_is_not_there_is_named_with_the_way_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("GPTCORE_DATA", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(TextUnavailableError, match="gptcore fetch smollm2"):
        find_source("smollm2")
    with pytest.raises(ValueError, match=r"smolm2 does not exist\. Did you mean 'smollm2'"):
        find_source("smolm2")
