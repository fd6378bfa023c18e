"""The work of `gptcore chat`: it reads messages, and prints answers as they are written."""

import json
import shlex
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import perf_counter

from gptcore.cli.chatting.conversation import Answer, Conversation
from gptcore.cli.chatting.options import ChatOptions
from gptcore.cli.console import print_line, warnings_to_stderr
from gptcore.training import crop_vocab, pick_device
from gptcore.tuning import load_chat_model, require_chat

INTERRUPTED = 130  # what a shell reports after Ctrl-C
PROMPT = "> "
COMMANDS = {
    "/reset": "begin a new conversation",
    "/help": "list the commands",
    "/exit": "end",
}
HELP = "\n".join(f"{name:8} {text}" for name, text in COMMANDS.items())


def run(command: ChatOptions) -> None:
    """Answer each line of the input until it ends.

    Args:
        command: The options.

    Raises:
        SystemExit: With code 130 for Ctrl-C where a message is awaited.
    """
    with warnings_to_stderr():
        conversation = begin(command)
    is_terminal = sys.stdin.isatty()
    if is_terminal and not command.json:
        print_line(f"{command.model}: /help lists the commands, Ctrl-C stops an answer, /exit ends")
    try:
        for text in read_messages(is_terminal, "" if command.json else PROMPT):
            if text == "/exit":
                return
            if text in COMMANDS:
                if text == "/reset":
                    conversation.reset()
                print_line(HELP if text == "/help" else "a new conversation begins")
            elif text.startswith("/") and " " not in text:
                print_line(f"There is no command {text}.\n{HELP}")
            elif text:
                reply(conversation, text, command.json)
    except KeyboardInterrupt:
        print_line("")
        raise SystemExit(INTERRUPTED) from None


def begin(command: ChatOptions) -> Conversation:
    """Load the model, and begin a conversation."""
    loaded = load_chat_model(command.model)
    chat = require_chat(loaded, command.model, lambda: way_out(command.model))
    if command.system is not None:
        texts = {"system": command.system, "user": ""}
        messages = [{"role": role, "content": text} for role, text in texts.items()]
        try:
            chat.prompt_ids(messages)
        except ValueError as error:
            raise ValueError(f"--system cannot be read by this model: {error}") from None
    model = crop_vocab(loaded.model, chat.tokenizer.vocab_size).eval()
    return Conversation(
        model.to(pick_device(command.device)),
        chat,
        command.context,
        command.max_new_tokens,
        {
            "temperature": command.temperature,
            "top_k": command.top_k,
            "top_p": command.top_p,
        },
        command.system,
        command.seed,
        not command.no_history,
    )


def way_out(model: str) -> str:
    """What to do with a model that only continues text."""
    source = shlex.quote(model)
    is_folder = Path(model).expanduser().is_dir()
    sample = f"To continue a text: gptcore sample --out_dir {source}. " if is_folder else ""
    return (
        f"{sample}To teach it to answer: gptcore tune sft --init_from {source} --data chat.jsonl "
        f"--out_dir DIR; then gptcore chat DIR."
    )


def read_messages(is_terminal: bool, prompt: str) -> Iterator[str]:
    """The lines of the input; a terminal shows that one is awaited, and can edit it."""
    if is_terminal:
        with suppress(ImportError):
            import readline  # noqa: F401, PLC0415 - input() edits lines with it; not on Windows
    while True:
        try:
            line = input(prompt) if is_terminal else sys.stdin.readline()
        except EOFError:
            print_line("")
            return
        if not line and not is_terminal:
            return
        yield line.strip()


def reply(conversation: Conversation, text: str, as_json: bool) -> None:
    """Print the answer to a message; Ctrl-C ends it, and keeps what is written."""
    answer, start, error = Answer(), perf_counter(), ""
    try:
        pieces = conversation.ask(text, answer)
        try:
            for piece in pieces:
                if not as_json:
                    print(piece, end="", flush=True)
        except KeyboardInterrupt:
            pieces.close()  # type: ignore[attr-defined]  # it is a generator
        if not as_json:
            print(flush=True)
    except ValueError as refused:
        error = str(refused)
    if as_json:
        print(json.dumps(as_line(answer, perf_counter() - start, error)), flush=True)
        return
    if error:
        print_line(f"not answered: {error}")
    if answer.dropped:
        print_line(
            f"note: the conversation is longer than the context of {conversation.context} tokens; "
            f"its {answer.dropped} oldest messages are dropped"
        )
    if answer.ended == "max_new_tokens":
        print_line(f"note: cut after {answer.tokens} tokens; --max_new_tokens allows more")


def as_line(answer: Answer, seconds: float, error: str) -> dict[str, object]:
    """What a program is given about an answer."""
    if error:
        return {"role": "assistant", "content": None, "error": error}
    return {
        "role": "assistant",
        "content": answer.text,
        "ended": answer.ended,
        "tokens": answer.tokens,
        "seconds": round(seconds, 3),
        "dropped_messages": answer.dropped,
    }
