"""Answers that a run shows now and then: the likeliest ones to the first questions of its file."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from gptcore.cli.console import one_line, print_line
from gptcore.model import GPT
from gptcore.sampling import generate_cached
from gptcore.tuning.chat_format import ChatFormat, Message
from gptcore.tuning.json_lines import as_messages, read_json_lines

SHOWN, MAX_TOKENS, MAX_LETTERS = 3, 48, 60


def first_questions(file: Path) -> list[list[Message]]:
    """The first different questions of a file of conversations, questions or pairs.

    Args:
        file: Of JSON lines.
    """
    found: list[list[Message]] = []
    for _, content in islice(read_json_lines(file, "The file"), 20 * SHOWN):
        given = next((content[k] for k in ("question", "prompt", "messages") if k in content), None)
        messages = as_messages(given or content.get("chosen"), "user")
        upto = next((i for i, m in enumerate(messages or []) if m["role"] == "user"), None)
        if upto is not None and messages[: upto + 1] not in found:
            found.append(messages[: upto + 1])
        if len(found) == SHOWN:
            break
    return found


def print_samples(
    model: GPT, chat: ChatFormat, questions: Iterable[list[Message]], step: int
) -> None:
    """Print the likeliest answers of the model. No random number is drawn.

    Args:
        model: The model.
        chat: Its format.
        questions: Conversations that end with a question.
        step: Steps so far.
    """
    for messages in questions:
        question = shorten(str(messages[-1]["content"]))
        print_line(f"  after step {step:,}: {question} -> {shorten(answer(model, chat, messages))}")


def answer(model: GPT, chat: ChatFormat, messages: list[Message]) -> str:
    """The likeliest answer, cut off after some tokens."""
    prompt = chat.prompt_ids(messages)
    room = min(MAX_TOKENS, model.config.block_size - len(prompt))
    if room < 1:
        return "(no room for an answer)"
    ids: Iterator[int] = generate_cached(model, prompt, room, temperature=0, stop=chat.stop_ids)
    return chat.tokenizer.decode(ids) or "(nothing)"


def shorten(text: str) -> str:
    """The text on one line, and not too long."""
    line = one_line(text)
    return line if len(line) <= MAX_LETTERS else f"{line[: MAX_LETTERS - 3]}..."
