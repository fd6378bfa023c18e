"""What lesson 15 prints and draws of recorded figures, `course/recorded/serving.json`."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from course.recorded import FOLDER


@cache
def recording() -> dict[str, Any]:
    """The content of the file: date, processor, torch, acceptance and quantization.

    `python -m benchmarks.record_serving` writes it again.
    """
    found: dict[str, Any] = json.loads((FOLDER / "serving.json").read_text(encoding="utf-8"))
    return found


def where() -> str:
    """Where and when the figures were measured."""
    return f"recorded on one core of an {recording()['processor']}, {recording()['date']}"


def times_faster() -> dict[str, dict[int, float]]:
    """Format -> rows at once -> how many times as fast as float32."""
    plain, *others = recording()["quantization"]
    return {
        row["format"]: {
            int(rows): plain["milliseconds"][rows] / taken
            for rows, taken in row["milliseconds"].items()
        }
        for row in others
    }


def quantization_report() -> Iterator[str]:
    """A table: loss, bytes, and speed for one text and for many."""
    rows = (1, 16, 256)
    yield "              loss      MB       times as fast, so many texts at once:"
    yield f"{'':26}" + "".join(f"{n:8}" for n in rows)
    for row in recording()["quantization"]:
        megabytes = row["bytes_of_stories_gpt"] / 1e6
        speeds = times_faster().get(row["format"], dict.fromkeys(rows, 1.0))
        speed = "".join(f"{speeds[n]:8.1f}" for n in rows)
        yield f"{row['format']:10} +{row['added_loss']:.4f}  {megabytes:6.1f}{speed}"
    yield f"({where()})"
