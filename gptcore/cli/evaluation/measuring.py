"""The work of `gptcore eval`, after the options were checked: this loads PyTorch."""

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tqdm import tqdm

from gptcore.checks import as_path
from gptcore.cli.console import format_clock, print_line, warnings_to_stderr
from gptcore.cli.evaluation.options import EvalOptions
from gptcore.cli.evaluation.result_text import Result, finite, format_result
from gptcore.evaluation import (
    ItemScore,
    MultipleChoiceItem,
    TextLoss,
    accuracy,
    multiple_choice,
    read_multiple_choice,
    sliding_window_loss,
)
from gptcore.model import GPT
from gptcore.tokenizers import HFTokenizer, Tokenizer, UnknownCharacterError
from gptcore.training import crop_vocab, pick_device
from gptcore.tuning import load_chat_model

SECONDS_BETWEEN_LINES = 10


def run(command: EvalOptions) -> None:
    """Measure, and print the result on standard output.

    Args:
        command: The options.
    """
    text = None if command.text is None else read_text(command.text)
    items = None if command.task is None else read_items(command.task, command.limit)
    with warnings_to_stderr():
        loaded = load_chat_model(command.model)
        model = crop_vocab(loaded.model, loaded.tokenizer.vocab_size).eval()
        model.to(pick_device(command.device))
    begin = begin_ids(loaded.tokenizer, command.bos)
    result: Result = {"model": command.model}
    try:
        if text is not None:
            result["text"] = {"file": title_of(str(command.text))}
            measure_text(command, model, loaded.tokenizer, text, begin, result["text"])
        if items is not None:
            result["task"] = {"file": command.task}
            measure_task(model, loaded.tokenizer, items, begin, result["task"])
    except KeyboardInterrupt:
        print_line("stopped; this is what was measured so far:")
        print_line(format_result(result))
        raise
    print(json.dumps(finite(result)) if command.json else format_result(result))


def begin_ids(tokenizer: Tokenizer, bos: str) -> list[int]:
    """The ids that begin a text: BOS, as the model was trained, or as `--bos` says."""
    if bos == "no":
        return []
    if bos == "auto" and isinstance(tokenizer, HFTokenizer):
        return list(tokenizer.bos_ids)
    if tokenizer.end_of_text is None:
        if bos == "yes":
            raise ValueError("--bos yes: the tokenizer of this model has no token to begin with.")
        return []
    return [tokenizer.end_of_text]


# A text


def read_text(name: str) -> str:
    """The text of a file, or of standard input; ValueError if it is empty or not UTF-8."""
    if name == "-":
        content = sys.stdin.buffer.read()
    else:
        path = as_path(name, "--text")
        if path.is_dir():
            raise ValueError(f"--text {path} is a folder; name a file in it.")
        if not path.exists():
            raise ValueError(f"--text: there is no file {path}.")
        content = path.read_bytes()
    title = title_of(name)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{title} is not UTF-8: byte {error.start:,} is {content[error.start]:#04x}. Save it "
            f"as UTF-8; a program such as iconv converts it."
        ) from None
    if not text:
        raise ValueError(f"{title} is empty, so there is nothing to score.")
    return text


def title_of(name: str) -> str:
    """How messages call a text."""
    return "standard input" if name == "-" else name


def measure_text(
    command: EvalOptions,
    model: GPT,
    tokenizer: Tokenizer,
    text: str,
    begin: list[int],
    result: Result,
) -> None:
    """Score a text; `result` has what is known so far, whatever happens."""
    documents, num_bytes = encode_text(tokenizer, text, begin, command.lines)
    steps = sliding_window_loss(model, *documents, stride=command.stride, context=command.context)
    for step in with_progress(steps, "token"):
        share = step.num_scored / step.num_total  # of the bytes; exact when all are scored
        result |= {
            "loss": step.loss,
            "perplexity": step.perplexity,
            "bits_per_byte": step.bits_per_byte(max(1, round(num_bytes * share))),
            "nats": step.nats,
            "scored_tokens": step.num_scored,
            "all_tokens": step.num_total,
            "scored_bytes": round(num_bytes * share),
        }


def encode_text(
    tokenizer: Tokenizer, text: str, begin: list[int], lines: bool
) -> tuple[list[list[int]], int]:
    """The ids of a text or of each line, and the bytes of all tokens that are scored."""
    end: list[int] = []
    pieces = [text]
    if lines:
        if tokenizer.end_of_text is None:
            raise ValueError("--lines: the tokenizer of this model has no token between texts.")
        end = [tokenizer.end_of_text]  # it stands for the line break
        pieces = [line for line in text.splitlines() if line]
        if not pieces:
            raise ValueError("The text has only empty lines, so there is nothing to score.")
    try:
        encoded = [tokenizer.encode(piece, allowed_special="all") for piece in pieces]
    except UnknownCharacterError as error:
        if "\n" in text and not lines:
            error.add_note("If each line is a text of its own, as in a list of names: --lines")
        raise
    num_bytes = sum(len(piece.encode()) + len(end) for piece in pieces)
    if not begin:  # then the first token of each is not scored
        num_bytes -= sum(len(tokenizer.token_bytes(ids[0])) for ids in encoded if ids)
    return [[*begin, *ids, *end] for ids in encoded], num_bytes


# A task


def read_items(name: str, limit: int | None) -> list[MultipleChoiceItem]:
    """The items of a file; ValueError if there are none."""
    path = as_path(name, "--task")
    if not path.exists():
        raise ValueError(f"--task: there is no file {path}.")
    items = list(islice(read_multiple_choice(path), limit))
    if not items:
        raise ValueError(f"--task: {path} has no items.")
    return items


def measure_task(
    model: GPT,
    tokenizer: Tokenizer,
    items: list[MultipleChoiceItem],
    begin: list[int],
    result: Result,
) -> None:
    """Let the model choose; `result` has what is known so far, whatever happens."""
    scores: list[ItemScore] = []
    result["all_items"] = len(items)
    result["chance"] = sum(1 / len(item.choices) for item in items) / len(items)
    steps = multiple_choice(model, tokenizer, items, begin=begin)
    for score in with_progress(steps, "item", len(items)):
        scores.append(score)
        result["items"] = len(scores)
        for name, share in accuracy(scores).items():
            result |= {name: share.share, f"{name}_stderr": share.standard_error}


def with_progress(steps: Iterator[Any], unit: str, total: int = 0) -> Iterator[Any]:
    """Yield the same steps; show a bar on a terminal, elsewhere a line now and then."""
    start = printed = time.monotonic()
    done = 0
    with tqdm(total=total, unit=unit, file=sys.stderr, disable=None, leave=False) as bar:
        for step in steps:
            is_text = isinstance(step, TextLoss)
            done = step.num_scored if is_text else done + 1
            bar.total = step.num_total if is_text else total
            bar.update(done - bar.n)
            now = time.monotonic()
            if bar.disable and now - printed > SECONDS_BETWEEN_LINES and done < bar.total:
                printed, left = now, (now - start) / done * (bar.total - done)
                print_line(f"{done:,} of {bar.total:,} {unit}s, {format_clock(left)} left")
            yield step
