"""`gptcore new`, as it is typed: what is in the folder, resume, bad input."""

import json
import re
import signal
from functools import partial

import pytest

from gptcore.cli import main
from gptcore.corpus import load_documents
from gptcore.own_gpt import best_letter_table, split_lines
from gptcore.training import load_model, read_log
from gptcore.tuning import load_chat_model

pytestmark = pytest.mark.slow
SMALL = ("--n_layer", 1, "--n_embd", 16, "--max_steps", 40, "--num_samples", 30)
FILES = {"model.safetensors", "config.json", "tokenizer.json", "README.md", "samples.txt",
         "page.html", "results.json", "new.json", "log.jsonl"}  # fmt: skip


@pytest.fixture
def new(typed):
    return partial(typed, "new")


@pytest.fixture
def names(tmp_path) -> list[str]:
    names = load_documents("names")[::5]
    (tmp_path / "list.txt").write_text("\n".join([*names, names[0]]) + "\n")
    return names


def test_a_file_becomes_a_folder_that_every_other_command_reads(new, tmp_path, names, capsys):
    code, out, err = new("list.txt", "--out_dir", "mine", *SMALL)
    assert code == 0, err
    folder = tmp_path / "mine"
    assert {path.name for path in folder.iterdir()} > FILES
    assert "522 different lines" in err and "note: 1 repeated lines are left out" in err
    assert "n_embd" in err and "as it was chosen" in err
    results = json.loads((folder / "results.json").read_text())
    measured = {s.step: s.val_loss for s in read_log(folder) if s.val_loss is not None}
    assert results["held_out_loss"] == pytest.approx(min(measured.values()), abs=1e-4)
    assert measured[results["best_step"]] == min(measured.values())
    in_page = re.search(r'"val_loss":([\d.]+)', (folder / "page.html").read_text(encoding="utf-8"))
    assert float(in_page[1]) == min(measured.values())
    table = best_letter_table(*split_lines(names, seed=1))
    assert results["table"]["loss"] == pytest.approx(table.loss)
    assert f"{results['held_out_loss']:.3f} nats" in out and f"{table.loss:.3f}" in out
    assert len((folder / "samples.txt").read_text().split("\n")) == 31
    loaded = load_chat_model(folder)
    assert loaded.tokenizer.vocab_size == loaded.model.config.vocab_size
    assert load_model(folder).config.n_embd == 16
    assert main(["sample", "--out_dir", str(folder), "--num_samples", "2"]) == 0
    assert "\n---\n" in capsys.readouterr().out
    again = new("list.txt", "--out_dir", "mine", "--resume", *SMALL)
    assert again[0] == 0 and again[1] == out and "already finished" in again[2]


def test_json_is_one_value_on_standard_output(new, names):
    code, out, _ = new("list.txt", "--out_dir", "mine", "--json", "--title", "five", *SMALL)
    content = json.loads(out)
    assert code == 0
    assert (content["name"], content["n_lines"], content["n_held_out"]) == ("five", 522, 52)
    assert {"copied", "coincidence", "memorized", "verdict"} <= content["share"].keys()
    assert content["recipe"]["max_steps"] == 40


def test_a_dry_run_shows_the_proposal_and_writes_nothing(new, tmp_path):
    code, out, err = new("creatures", "--out_dir", "mine", "--dry_run")
    assert (code, out) == (0, "")
    assert "names-gpt" in err and "fewer than 300 lines" in err
    assert not (tmp_path / "mine").exists()


def test_ctrl_c_saves_and_resume_gives_the_same_model(new, tmp_path, names, monkeypatch):
    assert new("list.txt", "--out_dir", "whole", *SMALL)[0] == 0
    from gptcore.cli.own_gpt import messages  # noqa: PLC0415

    format_step = messages.format_step

    def interrupt(step, training, seconds):
        if step.step == 20:
            signal.raise_signal(signal.SIGINT)
        return format_step(step, training, seconds)

    monkeypatch.setattr(messages, "format_step", interrupt)
    code, out, err = new("list.txt", "--out_dir", "parts", *SMALL)
    assert (code, out) == (75, "")
    assert "the same command with --resume continues" in err
    assert not (tmp_path / "parts" / "results.json").exists()
    assert load_chat_model(tmp_path / "parts").tokenizer.vocab_size == 27  # it can be sampled
    code, _, err = new("list.txt", "--out_dir", "parts", *SMALL)
    assert code == 2 and "--resume" in err
    code, _, err = new("list.txt", "--out_dir", "parts", "--resume", *SMALL)
    assert code == 0, err
    for name in ("model.safetensors", "samples.txt"):
        files = [tmp_path / folder / name for folder in ("whole", "parts")]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_a_run_is_resumed_with_its_own_text_and_settings(new, tmp_path, names):
    (tmp_path / "other.txt").write_text("\n".join(names[1:]))
    assert new("list.txt", "--out_dir", "mine", *SMALL)[0] == 0
    code, _, err = new("other.txt", "--out_dir", "mine", "--resume")
    assert code == 2 and "began with another text" in err
    code, _, err = new("list.txt", "--out_dir", "mine", "--resume", "--n_embd", 32)
    assert code == 2 and "began with n_embd=16, and --n_embd is 32" in err
    code, _, err = new("list.txt", "--out_dir", "mine", "--resume", "--seed", 5)
    assert code == 2 and "began with seed=1, and --seed is 5" in err


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"recipe": 3}'], ids=["", "{}", "[]", "3"])
def test_a_damaged_file_of_the_run_is_named_with_the_way_out(new, tmp_path, content):
    tiny = ("creatures", "--out_dir", "mine", "--max_steps", 2, "--num_samples", 2)
    assert new(*tiny)[0] == 0
    model = (tmp_path / "mine" / "model.safetensors").read_bytes()
    (tmp_path / "mine" / "results.json").write_text(content)
    code, _, err = new(*tiny, "--resume")
    assert code == 1 and "results.json is damaged" in err and "Remove it; the same command" in err
    (tmp_path / "mine" / "results.json").unlink()
    assert new(*tiny, "--resume")[0] == 0  # as the message says
    (tmp_path / "mine" / "new.json").write_text(content)
    code, _, err = new(*tiny, "--resume")
    assert code == 1 and "new.json is damaged" in err
    assert (tmp_path / "mine" / "model.safetensors").read_bytes() == model


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--block_size", 3), "the longest line has 10 letters. Set it to 11 or more"),
        (("--block_size", 3, "--start", "nothing"), "Set it to 11 or more"),
        (("--vocab_size", 300), "Add --tokenizer bpe, or leave it out"),
    ],
    ids=["block_size from names-gpt", "block_size from nothing", "vocab_size"],
)
def test_a_setting_that_could_not_be_followed_is_refused(new, tmp_path, option, message):
    code, _, err = new("creatures", "--out_dir", "mine", *option)
    assert code == 2 and message in err
    assert not (tmp_path / "mine").exists()


def test_a_folder_with_files_of_the_user_is_left_alone(new, tmp_path, names):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "README.md").write_text("my own")
    code, _, err = new("list.txt", "--out_dir", "mine", *SMALL)
    assert code == 2 and "is not empty: it has README.md" in err
    assert (tmp_path / "mine" / "README.md").read_text() == "my own"
    code, _, err = new("list.txt", "--out_dir", "list.txt")
    assert code == 2 and "is a file" in err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"emma\nolivia\nava\n", "There are 3 different lines"),
        (b"emma\n" * 5_000, "There are 1 different lines"),
        (b"", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is not"),
        ("naïve\n".encode() + "naïve\n".encode("latin-1"), "is not utf-8: byte 0xef in line 2"),
    ],
    ids=["three lines", "repeats", "empty", "picture", "mixed encodings"],
)
def test_a_file_that_cannot_be_learned_is_refused_in_one_message(new, tmp_path, content, message):
    (tmp_path / "bad.txt").write_bytes(content)
    code, out, err = new("bad.txt", "--out_dir", "mine")
    assert (code, out) == (2, "")
    assert message in err and "proposed" not in err
    assert not (tmp_path / "mine").exists()


def test_a_folder_or_a_missing_file_is_refused(new, tmp_path, names):
    assert "is a folder" in new(tmp_path, "--out_dir", "mine")[2]
    assert "Did you mean list.txt" in new("lsit.txt", "--out_dir", "mine")[2]
    assert new("list.txt", "--out_dir", "mine", "--num_samples", 0)[0] == 2
    assert "Did you mean creatures" in new("creature", "--out_dir", "mine")[2]
    assert "not divisible" in new("list.txt", "--out_dir", "mine", "--n_head", 7)[2]
    assert not (tmp_path / "mine").exists()


def test_ten_million_letters_in_one_line_are_a_running_text(new, tmp_path):
    (tmp_path / "long.txt").write_text("so it goes and goes. " * 500_000)
    code, out, err = new("long.txt", "--out_dir", "mine", "--dry_run")
    assert (code, out) == (0, "")
    assert "a running text of 10,500,000 letters" in err


def test_a_running_text_gets_a_folder_too(new, tmp_path):
    (tmp_path / "text.txt").write_text("ANNA:\nSo it goes.\nAnd goes.\n\n" * 300)
    code, out, err = new("text.txt", "--out_dir", "mine", *SMALL)
    assert code == 0, err
    card = (tmp_path / "mine" / "README.md").read_text()
    assert "a running text of" in card and "longest part of a sample" in card
    assert "copied part" in out


def test_few_lines_are_warned_of(new, tmp_path, names):
    (tmp_path / "few.txt").write_text("\n".join(names[:60]))
    err = new("few.txt", "--out_dir", "mine", "--dry_run")[2]
    assert "note: 60 different lines are few" in err
