"""Multiple-choice tasks in a file of JSON lines: a beginning, several endings, one of them right.

    {"ctx": "A dog runs after a ball. It", "endings": ["flies home.", "catches it."], "label": 1}

Read are the format of HellaSwag, and query, choices and gold as lm-eval makes of any task. The
fields of HellaSwag's own files are cleaned as lm-eval does.
Source: github.com/EleutherAI/lm-evaluation-harness, tasks/hellaswag/utils.py.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gptcore.tuning.json_lines import read_json_lines

FORMATS = (("query", "choices", "gold"), ("ctx", "endings", "label"))
HELLASWAG = ("activity_label", "ctx_a", "ctx_b")
BRACKETS = re.compile(r"\[.*?\]")


@dataclass(frozen=True)
class MultipleChoiceItem:
    """One question of a task.

    Attributes:
        query: What every ending continues.
        choices: The endings, without a space before them.
        gold: The number of the right one, from 0.
        origin: Where it is from, for errors.

    Example:
        >>> MultipleChoiceItem("The sky is", ("blue.", "square."), gold=0).gold
        0
    """

    query: str
    choices: tuple[str, ...]
    gold: int
    origin: str = "The item"


def read_multiple_choice(path: str | Path) -> Iterator[MultipleChoiceItem]:
    """Read a task.

    Args:
        path: A file with one JSON object in each line: ctx, endings and label; or query, choices
            and gold.

    Yields:
        Its items.

    Raises:
        ValueError: At the first line that is no item; the error names file, line and key.
        OSError: If the file cannot be read.

    Example:
        >>> line = '{"ctx": "The sky is", "endings": ["blue.", "square."], "label": 0}'
        >>> _ = open("task.jsonl", "w").write(line)
        >>> [item.query for item in read_multiple_choice("task.jsonl")]
        ['The sky is']
    """
    for origin, content in read_json_lines(path, "The task"):
        yield read_item(content, origin)


def read_item(content: dict[str, Any], origin: str) -> MultipleChoiceItem:
    """One item.

    Args:
        content: The object of its line.
        origin: File and line.
    """
    query_key, choices_key, gold_key = keys_of(content, origin)
    query, choices = content[query_key], content[choices_key]
    if not isinstance(query, str):
        raise ValueError(f"{origin} has {query_key}={query!r:.60}; it must be a text.")
    is_list = isinstance(choices, list) and len(choices) > 1
    if not is_list or not all(isinstance(c, str) and c.strip() for c in choices):
        raise ValueError(
            f"{origin} has {choices_key}={choices!r:.60}; it must be a list of 2 or more texts, "
            f"none of them empty."
        )
    if all(isinstance(content.get(key), str) for key in HELLASWAG):
        context = f"{content['ctx_a']} {content['ctx_b'].capitalize()}"
        query = clean(f"{content['activity_label']}: {context}")
        choices = [clean(choice) for choice in choices]
    gold = read_gold(content[gold_key], gold_key, len(choices), origin)
    return MultipleChoiceItem(query, tuple(choices), gold, origin)


def keys_of(content: dict[str, Any], origin: str) -> tuple[str, str, str]:
    """The keys of the format that fits best; ValueError if one of them is missing."""
    best = max(FORMATS, key=lambda keys: sum(key in content for key in keys))
    if missing := [key for key in best if key not in content]:
        listed = ", ".join(content) or "none"
        raise ValueError(
            f"{origin} has no {' and no '.join(missing)}; its keys are {listed}. An item has "
            f"{' or '.join(', '.join(keys) for keys in reversed(FORMATS))}."
        )
    return best


def read_gold(value: Any, key: str, count: int, origin: str) -> int:
    """The number of the right choice; files also have it as a text."""
    is_number = isinstance(value, str) and value.strip().isdecimal()
    gold = int(value) if is_number else value
    if isinstance(gold, bool) or not isinstance(gold, int) or not 0 <= gold < count:
        note = " (the test set of HellaSwag has no labels)" if value == "" else ""
        raise ValueError(
            f"{origin} has {key}={value!r:.60}{note}; it must be the number of the right ending, "
            f"from 0 to {count - 1}."
        )
    return gold


def clean(text: str) -> str:
    """A text of HellaSwag without the marks that its sources left in it."""
    text = text.strip().replace(" [title]", ". ")
    return BRACKETS.sub("", text).replace("  ", " ")
