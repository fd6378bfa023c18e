"""What lesson 15 draws of recorded figures, `course/recorded/serving.json`."""

import json
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


def acceptance_rows() -> dict[str, dict[int, tuple[float, float]]]:
    """What `viz.draw_acceptance` draws: draft -> proposed tokens -> (tokens a step, speed)."""
    rows: dict[str, dict[int, tuple[float, float]]] = {}
    for row in recording()["acceptance"]:
        letters = "1 letter" if row["order"] == 1 else f"{row['order']} letters"
        pair = row["tokens_per_call"], row["times_faster"]
        rows.setdefault(f"counts of {letters}", {})[row["length"]] = pair
    return rows


def quantization_rows() -> dict[str, dict[str, Any]]:
    """What `viz.draw_quantization` draws: loss, bytes, and speed for rows at once."""
    rows = recording()["quantization"]
    speeds = {"float32": dict.fromkeys(map(int, rows[0]["milliseconds"]), 1.0)} | times_faster()
    return {
        row["format"]: {
            "loss_added": row["added_loss"],
            "bytes": row["bytes_of_stories_gpt"],
            "speedup": speeds[row["format"]],
        }
        for row in rows
    }
