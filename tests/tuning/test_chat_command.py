"""`gptcore chat`: answers, history, commands, a full context, Ctrl-C, and what it refuses."""

import contextlib
import io
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from command_runs import LETTERS, write_base, write_instruct

from gptcore.cli.chatting import loop
from gptcore.cli.chatting.conversation import Answer, Conversation
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tokenizers import CharTokenizer
from gptcore.tuning import CHAT_TOKENS, ChatFormat, extend_vocab

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).resolve().parents[2]
GREEDY = {"temperature": 0, "top_k": None, "top_p": 1.0}


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory) -> Path:
    """A model with a chat format, whose random weights answer something."""
    folder = tmp_path_factory.mktemp("run")
    chat = ChatFormat(CharTokenizer(LETTERS, special_tokens=CHAT_TOKENS.values()))
    base = GPT.load(write_base(folder / "base"))
    model = extend_vocab(base, chat.tokenizer.vocab_size, torch.Generator().manual_seed(1))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:
                weight.mul_(6)
    model.save(folder / "tuned")
    chat.save(folder / "tuned")
    return folder / "tuned"


@pytest.fixture
def chat_with(command, monkeypatch):
    """Runs the command with lines of input; exit code, output and standard error."""

    def run(model, lines: str, *arguments) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        return command("chat", model, *arguments, "--device", "cpu")

    return run


def converse(folder: Path, **options) -> Conversation:
    model, chat = GPT.load(folder), ChatFormat.load(folder)
    defaults = {"context": 32, "max_new_tokens": 6, "sampling": GREEDY}
    return Conversation(model, chat, **{**defaults, **options})


def answer_to(conversation: Conversation, text: str) -> str:
    return "".join(conversation.ask(text, Answer()))


def expected(conversation: Conversation, messages: list[dict], n: int = 6) -> str:
    """The answer by another way: the whole prompt at once, without what is kept between turns."""
    model, chat = conversation.model, conversation.chat
    stop = conversation.stop_ids
    ids = generate_cached(model, chat.prompt_ids(messages), n, temperature=0, stop=stop)
    return chat.tokenizer.decode(ids)


def test_the_second_answer_reads_the_first_and_nothing_is_lost_in_the_cache(run_folder):
    conversation = converse(run_folder)
    messages = [{"role": "user", "content": "1+1?"}]
    first = expected(conversation, messages)
    assert answer_to(conversation, "1+1?") == first
    messages += [{"role": "assistant", "content": first}, {"role": "user", "content": "b"}]
    assert answer_to(conversation, "b") == expected(conversation, messages)
    assert len(conversation.messages) == 4
    conversation.reset()
    assert conversation.messages == []
    assert answer_to(conversation, "1+1?") == first


def test_what_turns_have_in_common_is_computed_once(run_folder, monkeypatch):
    conversation = converse(run_folder)
    answer_to(conversation, "1+1?")
    computed = []
    original = conversation.next_logits.cache.next_logits
    monkeypatch.setattr(
        conversation.next_logits.cache,
        "next_logits",
        lambda new: computed.append(len(new[0])) or original(new),
    )
    before = len(conversation.chat.prompt_ids([{"role": "user", "content": "1+1?"}]))
    answer_to(conversation, "b")
    total = len(conversation.chat.prompt_ids(conversation.messages[:3]))
    assert computed[0] < total - before + 2


def test_without_history_each_message_is_the_first(run_folder, chat_with):
    _, single, _ = chat_with(run_folder, "1+1?\n", "--temperature", 0, "--max_new_tokens", 5)
    code, out, _ = chat_with(
        run_folder, "1+1?\n1+1?\n", "--temperature", 0, "--max_new_tokens", 5, "--no_history"
    )
    assert code == 0 and out == single * 2


def test_a_message_of_the_system_comes_first_and_stays(run_folder):
    conversation = converse(run_folder, system="add")
    system = {"role": "system", "content": "add"}
    answer = answer_to(conversation, "1?")
    assert answer == expected(conversation, [system, {"role": "user", "content": "1?"}])
    for _ in range(3):
        answer_to(conversation, "1234567")
    assert conversation.messages[0] == system
    conversation.reset()
    assert conversation.messages == [system]


@pytest.mark.parametrize("system", ["Hello!", "<|end|>"])
def test_a_message_of_the_system_that_cannot_be_read_is_refused_at_once(
    system, run_folder, chat_with
):
    code, out, err = chat_with(run_folder, "1+1?\n", "--system", system)
    assert (code, out) == (2, "") and "--system cannot be read by this model: " in err


def test_the_oldest_messages_are_dropped_and_counted(run_folder, chat_with):
    conversation, given = converse(run_folder), Answer()
    assert answer_to(conversation, "123456")
    first_question = conversation.messages[0]
    "".join(conversation.ask("7890", given))
    if not given.dropped:
        given = Answer()
        "".join(conversation.ask("1234567", given))
    assert given.dropped == 2
    assert first_question not in conversation.messages
    assert len(conversation.chat.prompt_ids(conversation.messages[:-1])) + 6 <= 32
    code, _, err = chat_with(run_folder, "123456789\n" * 3, "--max_new_tokens", 6)
    assert code == 0
    assert "the conversation is longer than the context of 32 tokens" in err
    assert "its 2 oldest messages are dropped" in err


def test_a_message_that_is_too_long_is_refused_and_the_conversation_goes_on(run_folder, chat_with):
    code, out, err = chat_with(run_folder, f"{'1' * 40}\n1+1?\n", "--max_new_tokens", 4)
    assert code == 0 and len(out.splitlines()) == 1
    assert (
        "not answered: The message has 43 tokens with what is around it, and the context 32" in err
    )


def test_commands_and_what_is_not_one(run_folder, chat_with):
    lines = "/help\n/reset\n/rset\n\n   \n1+1?\n/exit\nnever\n"
    code, out, err = chat_with(run_folder, lines, "--max_new_tokens", 3)
    assert code == 0 and len(out.splitlines()) == 1
    assert "/reset   begin a new conversation" in err and "a new conversation begins" in err
    assert "There is no command /rset." in err


def test_a_special_token_in_a_message_is_refused_and_not_kept(run_folder, chat_with):
    code, out, err = chat_with(run_folder, "1 <|end|>\nah: \n1+1?\n", "--max_new_tokens", 3)
    assert code == 0 and len(out.splitlines()) == 1
    assert "not answered: " in err and "'<|end|>'" in err
    assert "not in the vocabulary: ':'" in err


def test_answers_end_before_the_model_speaks_as_somebody_else(run_folder):
    conversation = converse(run_folder, max_new_tokens=20)
    specials = set(conversation.chat.tokenizer.special_tokens.values())
    assert specials <= conversation.stop_ids
    for text in ("1", "2", "abc"):
        answer_to(conversation, text)  # a spelled special token could not be encoded again
        conversation.chat.prompt_ids([*conversation.messages, {"role": "user", "content": "x"}])


def test_each_answer_is_a_line_of_json_for_programs(run_folder, chat_with):
    lines = f"1+1?\n{'1' * 40}\n2+2?\n"
    code, out, _ = chat_with(run_folder, lines, "--json", "--max_new_tokens", 3)
    first, refused, last = map(json.loads, out.splitlines())
    assert code == 0
    keys = ["role", "content", "ended", "tokens", "seconds", "dropped_messages"]
    assert list(first) == keys == list(last)
    assert first["ended"] in ("end", "max_new_tokens") and first["tokens"] <= 3
    assert refused["content"] is None and "The message has 43 tokens" in refused["error"]


def test_the_same_seed_gives_the_same_answers(run_folder, chat_with):
    run = [chat_with(run_folder, "1+1?\n2?\n", "--temperature", 1, "--seed", s) for s in (1, 1, 2)]
    assert run[0][1] == run[1][1] != run[2][1]


def test_a_hugging_face_folder_with_a_template_answers(tmp_path, chat_with):
    folder = write_instruct(tmp_path / "instruct")
    code, out, err = chat_with(folder, "1+1?\n", "--max_new_tokens", 3, "--system", "add")
    assert code == 0, err
    assert "\ufffd" in out or out.strip() or out == "\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--temperature", "-1"], "temperature=-1.0"),
        (["--top_k", "0"], "top_k=0"),
        (["--top_p", "1.5"], "top_p=1.5"),
        (["--max_new_tokens", "0"], "--max_new_tokens=0 must be an integer, 1 or more"),
        (["--context", "0"], "--context=0 must be an integer, 1 or more"),
        (["--seed", "-1"], "--seed=-1 must be an integer, 0 or more"),
    ],
)
def test_an_impossible_option_is_refused(arguments, words, run_folder, chat_with):
    code, out, err = chat_with(run_folder, "1\n", *arguments)
    assert (code, out) == (2, "") and words in err


def test_a_model_without_a_chat_format_is_refused_with_the_way_out(run_folder, chat_with):
    base = run_folder.parent / "base"
    code, out, err = chat_with(base, "1\n")
    assert (code, out) == (2, "")
    assert f"{base} was not tuned to answer: it has no chat format" in err
    assert f"gptcore sample --out_dir {base}" in err
    assert f"gptcore tune sft --init_from {base} --data chat.jsonl --out_dir DIR" in err
    code, _, err = chat_with("stories-gpt", "1\n")
    assert code == 2 and "gptcore tune sft --init_from stories-gpt" in err
    code, _, err = chat_with("nowhere", "1\n")
    assert code == 2 and "There is no model 'nowhere'" in err


# Ctrl-C


def test_ctrl_c_keeps_what_is_written_and_the_conversation(run_folder, chat_with, monkeypatch):
    original = Conversation.ask

    def interrupted(self, text, answer):
        for i, piece in enumerate(original(self, text, answer)):
            yield piece
            if i == 1 and text == "1+1?":
                raise KeyboardInterrupt

    monkeypatch.setattr(loop.Conversation, "ask", interrupted)
    code, out, _ = chat_with(run_folder, "1+1?\nb\n", "--json", "--max_new_tokens", 9, "--top_k", 1)
    first, second = map(json.loads, out.splitlines())
    assert code == 0
    assert (first["ended"], first["tokens"]) == ("interrupted", 2)
    assert second["ended"] in ("end", "max_new_tokens")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_in_a_terminal_ctrl_c_stops_the_answer_first_and_then_the_program(run_folder):
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "gptcore.cli", "chat", str(run_folder), "--device", "cpu"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "TERM": "dumb"},
        start_new_session=True,
    )
    os.close(theirs)

    def wait_for(text: str) -> None:
        seen, end = "", time.monotonic() + 240  # a busy machine loads PyTorch slowly
        while text not in seen:
            assert time.monotonic() < end, seen
            seen += os.read(ours, 4096).decode()

    wait_for("> ")
    os.write(ours, b"1+1?\n")
    wait_for("\n> ")
    # Between its prompt and its wait for a key, Python's input() can miss a signal.
    time.sleep(0.5)
    for _ in range(12):
        os.kill(child.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(20)
            break
    assert child.poll() == 130
    os.close(ours)
