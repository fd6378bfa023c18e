"""What `gptcore eval` prints."""

from math import isfinite
from typing import Any

Result = dict[str, Any]


def format_result(result: Result) -> str:
    """The result as lines for people."""
    lines = []
    if text := result.get("text"):
        lines += text_lines(text)
    if task := result.get("task"):
        lines += task_lines(task)
    return "\n".join(lines)


def text_lines(text: Result) -> list[str]:
    """The lines of a text."""
    if "loss" not in text:
        return [f"{text['file']}: nothing was scored"]
    done, total = text["scored_tokens"], text["all_tokens"]
    counted = f"{total:,} tokens" if done == total else f"{done:,} of {total:,} tokens"
    return [
        f"{text['file']}: {counted} scored, {text['scored_bytes']:,} bytes",
        f"  loss           {text['loss']:.4f} nats per token",
        f"  perplexity     {text['perplexity']:,.2f}",
        f"  bits per byte  {text['bits_per_byte']:.4f}",
    ]


def task_lines(task: Result) -> list[str]:
    """The lines of a task."""
    if "acc" not in task:
        return [f"{task['file']}: no item was scored"]
    done, total = task["items"], task["all_items"]
    counted = f"{total:,} items" if done == total else f"{done:,} of {total:,} items"
    what = {
        "acc": "the likeliest ending",
        "acc_norm": "... for each character",
        "acc_bytes": "... for each byte",
    }
    return [
        f"{task['file']}: {counted}; chance is {task['chance']:.3f}",
        *(
            f"  {name:<10} {task[name]:.3f} ± {task[f'{name}_stderr']:.3f}  {words}"
            for name, words in what.items()
        ),
    ]


def finite(value: Any) -> Any:
    """A value of JSON: what is not finite becomes null."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    return None if isinstance(value, float) and not isfinite(value) else value
