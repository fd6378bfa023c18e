"""`gptcore eval`: the numbers that it prints, what it reads, Ctrl-C, and what it refuses."""

import io
import json
import sys
from math import exp, log

import pytest

from gptcore.cli.evaluation import measuring
from gptcore.evaluation import sliding_window_loss
from gptcore.manifest import shipped_folder
from gptcore.model import GPT, GPTConfig
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import load_chat_model

pytestmark = pytest.mark.slow
STORY = "Nora went to the river. She saw a cat.\nTom ran home.\n"
CPU = ("--device", "cpu")


@pytest.fixture
def evaluate(typed):
    return lambda *arguments: typed("eval", *arguments, *CPU)


@pytest.fixture
def story(tmp_path):
    file = tmp_path / "story.txt"
    file.write_text(STORY, encoding="utf-8")
    return file


def nats_of(loaded, *texts, **options) -> float:
    *_, last = sliding_window_loss(loaded.model, *texts, **options)
    return last.nats


def test_the_loss_is_of_every_letter_and_of_the_end_of_each_line(evaluate, story):
    code, out, err = evaluate("stories-gpt", "--text", story, "--lines", "--json")
    assert (code, err) == (0, "")
    found = json.loads(out)["text"]
    loaded = load_chat_model("stories-gpt")
    end = loaded.tokenizer.end_of_text
    lines = [[end, *loaded.tokenizer.encode(line), end] for line in STORY.splitlines()]
    nats = nats_of(loaded, *lines)
    count = len(STORY)  # the end of a text stands for the line break
    assert found["nats"] == pytest.approx(nats)
    assert found["scored_tokens"] == found["all_tokens"] == found["scored_bytes"] == count
    assert found["loss"] == pytest.approx(nats / count)
    assert found["perplexity"] == pytest.approx(exp(nats / count))
    assert found["bits_per_byte"] == pytest.approx(nats / count / log(2))


def test_lines_for_people_have_the_same_numbers(evaluate, story):
    found = json.loads(evaluate("stories-gpt", "--text", story, "--lines", "--json")[1])["text"]
    code, out, err = evaluate("stories-gpt", "--text", "story.txt", "--lines")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"story.txt: {len(STORY)} tokens scored, {len(STORY)} bytes",
        f"  loss           {found['loss']:.4f} nats per token",
        f"  perplexity     {found['perplexity']:.2f}",
        f"  bits per byte  {found['bits_per_byte']:.4f}",
    ]


def test_standard_input_is_read_and_options_reach_the_window(evaluate, monkeypatch):
    text = "Once upon a time there was a girl who had a cat. " * 4
    stdin = io.TextIOWrapper(io.BytesIO(text.encode()))
    monkeypatch.setattr(sys, "stdin", stdin)
    code, out, _ = evaluate(
        *("stories-gpt", "--text", "-", "--stride", 3, "--context", 20, "--bos", "no", "--json")
    )
    found = json.loads(out)["text"]
    loaded = load_chat_model("stories-gpt")
    nats = nats_of(loaded, loaded.tokenizer.encode(text), stride=3, context=20)
    assert code == 0 and found["nats"] == pytest.approx(nats)
    assert found["scored_tokens"] == found["scored_bytes"] == len(text) - 1  # not the first letter
    assert found["file"] == "standard input"


def test_a_task_is_measured_with_standard_errors_and_chance(evaluate):
    task = shipped_folder() / "endings.jsonl"
    code, out, err = evaluate("stories-gpt", "--task", task, "--bos", "no", "--json")
    found = json.loads(out)["task"]
    assert (code, err) == (0, "")
    assert (found["items"], found["chance"], found["acc"]) == (20, 0.25, 0.15)
    assert found["acc_stderr"] == pytest.approx(0.081918, abs=1e-6)  # as lm-eval 0.4.13 says
    code, out, _ = evaluate("stories-gpt", "--task", task, "--bos", "no", "--limit", 3)
    assert "3 items; chance is 0.250" in out and " ± " in out


def test_one_item_has_no_standard_error_and_that_is_null(evaluate, tmp_path):
    (tmp_path / "one.jsonl").write_text('{"ctx": "The", "endings": ["cat.", "dog."], "label": 1}')
    found = json.loads(evaluate("stories-gpt", "--task", "one.jsonl", "--json")[1])["task"]
    assert found["acc_stderr"] is None and found["chance"] == 0.5


def test_ctrl_c_prints_what_is_known_so_far(evaluate, story, monkeypatch):
    real = measuring.sliding_window_loss

    def interrupted(*arguments, **options):
        yield next(real(*arguments, **options))
        raise KeyboardInterrupt

    monkeypatch.setattr("gptcore.evaluation.text_loss.BATCH_TOKENS", 1)
    monkeypatch.setattr(measuring, "sliding_window_loss", interrupted)
    code, out, err = evaluate("stories-gpt", "--text", story, "--lines")
    assert (code, out) == (130, "")
    assert "stopped; this is what was measured so far:" in err
    assert f"story.txt: 39 of {len(STORY)} tokens scored" in err and "nats per token" in err


def test_ctrl_c_before_the_first_token_says_that_nothing_is_known(evaluate, story, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(measuring, "sliding_window_loss", interrupted)
    code, _, err = evaluate("stories-gpt", "--text", story, "--lines")
    assert code == 130 and "nothing was scored" in err


def test_without_a_terminal_a_line_now_and_then_says_how_long_it_takes(
    evaluate, story, monkeypatch
):
    monkeypatch.setattr("gptcore.evaluation.text_loss.BATCH_TOKENS", 1)
    monkeypatch.setattr(measuring, "SECONDS_BETWEEN_LINES", 0)
    err = evaluate("stories-gpt", "--text", story, "--lines")[2]
    assert err == f"39 of {len(STORY)} tokens, 00:00 left\n"
    task = shipped_folder() / "endings.jsonl"
    err = evaluate("stories-gpt", "--task", task, "--limit", 3)[2]
    assert err == "1 of 3 items, 00:00 left\n2 of 3 items, 00:00 left\n"


@pytest.fixture
def files(tmp_path):
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "one.txt").write_text("a")
    (tmp_path / "blank.txt").write_text("\n\n")
    (tmp_path / "greek.txt").write_text("a cat\nαβγ", encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes("café".encode("latin-1"))
    (tmp_path / "empty.jsonl").write_text("\n")
    (tmp_path / "label.jsonl").write_text('{"ctx": "a", "endings": ["b", "c"], "label": 2}')
    (tmp_path / "greek.jsonl").write_text(
        '{"ctx": "a", "endings": ["b", "α"], "label": 0}', encoding="utf-8"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "give a text (--text FILE) or a task (--task FILE)"),
        (("--text", ""), "--text is empty"),
        (("--text", "no.txt"), "--text: there is no file no.txt"),
        (("--text", "."), "--text . is a folder"),
        (("--text", "empty.txt"), "empty.txt is empty, so there is nothing to score"),
        (("--text", "blank.txt", "--lines"), "The text has only empty lines"),
        (("--text", "one.txt", "--bos", "no"), "A text has 1 token(s), and the first of a text"),
        (("--text", "latin.txt"), "latin.txt is not UTF-8: byte 3 is 0xe9"),
        (("--text", "greek.txt"), "not in the vocabulary: '\\nαβγ'"),
        (("--text", "greek.txt"), "If each line is a text of its own, as in a list of names: --li"),
        (("--text", "one.txt", "--stride", "129"), "stride=129 is more than the context of 128"),
        (("--text", "one.txt", "--stride", "0"), "--stride=0 must be an integer, 1 or more"),
        (("--text", "one.txt", "--context", "129"), "context=129 is longer than the model's 128"),
        (("--task", "empty.jsonl"), "empty.jsonl has no items"),
        (("--task", "no.jsonl"), "--task: there is no file no.jsonl"),
        (("--task", "label.jsonl"), "label.jsonl, line 1 has label=2"),
        (("--task", "greek.jsonl"), "greek.jsonl, line 1: 1 character(s) of the text are not in"),
        (("--task", "empty.jsonl", "--lines"), "--lines is about a text"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_measured_is_one_message(arguments, message, evaluate, files):
    code, out, err = evaluate("stories-gpt", *arguments)
    assert (code, out) == (2, "") and message in err


def test_a_model_without_a_token_between_texts_says_what_it_cannot(evaluate, story, tmp_path):
    spec = CharTokenizer("".join(set(STORY))).tokenizer_json()
    spec["added_tokens"] = []
    del spec["model"]["vocab"]["<|bos|>"]
    size = len(spec["model"]["vocab"])
    GPT(GPTConfig(block_size=8, vocab_size=size, n_layer=1, n_head=1, n_embd=8)).to_hf("plain")
    (tmp_path / "plain" / "tokenizer.json").write_text(json.dumps(spec))
    code, out, _ = evaluate("plain", "--text", story, "--json")
    assert code == 0 and json.loads(out)["text"]["scored_tokens"] == len(STORY) - 1
    assert "no token between texts" in evaluate("plain", "--text", story, "--lines")[2]
    assert "no token to begin with" in evaluate("plain", "--text", story, "--bos", "yes")[2]
