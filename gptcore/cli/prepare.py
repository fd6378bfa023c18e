"""`gptcore prepare`: text into shards that a training run can trust."""

import json
import os
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from tqdm import tqdm

from gptcore import corpus
from gptcore.checks import as_path
from gptcore.corpus.reading.skipped import format_skipped
from gptcore.json_text import parse_json

if TYPE_CHECKING:
    from gptcore.corpus.preparation.prepare import Progress

SECONDS_BETWEEN_LINES = 30  # where no bar can be drawn


@dataclass
class Prepare:
    """Turn text into shards of tokens. Run again, it continues, repairs, or says all is there."""

    sources: Annotated[tuple[str, ...], tyro.conf.Positional]
    """files, folders, quoted globs, names of texts, or files of FineWeb such as
    fineweb:CC-MAIN-2013-20/000_00000. Read are .parquet, .txt, .jsonl, .ndjson, .json (an array, or
    lines), .csv, .tsv; all but .parquet also as .gz, .bz2 or .zst. What a folder has besides is
    left out, and named with the reason"""
    out: Annotated[str, tyro.conf.arg(metavar="DIR")]
    """folder of the shards, new or from an earlier run"""
    tokenizer: str = "gpt2"
    """gpt2, cl100k_base, o200k_base, or the JSON file of one that you trained"""
    workers: int | None = None
    """processes at work; unless said, one for each core. The shards do not depend on it"""
    column: str = "text"
    """column of a table (.parquet, .csv, .tsv), or field of JSON, that has the text"""
    document: Annotated[Literal["file", "line"] | None, tyro.conf.arg(aliases=("--sample_by",))] = (
        None
    )
    """what one document is in a .txt file: the whole file, or every line. Unless said: the whole
    file, with a note if it has several lines; of texts that come by name what they are"""
    bad_text: Literal["stop", "replace"] = "stop"
    """what to do about text that is not Unicode: stop and say where, or put U+FFFD in its place"""
    val_share: float = 0.005
    """share of the documents that is set aside for validation, chosen by a hash of their ids; of
    their texts if they have no ids, or all the same one"""
    shard_bytes: int = 100_000_000
    """about so many bytes of text go into a shard; it holds whole row groups. A .json, a .csv or a
    compressed file is one row group"""
    json: bool = False
    """the summary as JSON"""

    def run(self) -> None:
        start, made = time.perf_counter(), 0
        out = as_path(self.out, "--out")
        try:
            settings = corpus.ShardSettings(
                self.column, self.document, self.bad_text, self.val_share, self.shard_bytes
            )
            workers = self.workers if self.workers is not None else os.cpu_count() or 1
            with notes_printed():
                steps = corpus.prepare(self.sources, out, self.tokenizer, workers, settings)
                for step in shown(steps):
                    made = step.tokens
        except KeyboardInterrupt:
            print(
                "\nwhat is finished is kept; the same command continues from there.",
                file=sys.stderr,
            )
            raise
        manifest = parse_json((out / "manifest.json").read_text(encoding="utf-8"))
        summary = summary_of(manifest, made, time.perf_counter() - start)
        print(json.dumps(summary, indent=2) if self.json else in_words(summary, out))


@contextmanager
def notes_printed() -> Iterator[None]:
    """Warnings as lines of their own, without the place in the code."""
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = lambda message, *_: print(f"note: {message}", file=sys.stderr)
        yield


def shown(steps: "Iterator[Progress]") -> "Iterator[Progress]":
    """The same steps, with a bar on a terminal, or now and then a line where there is none."""
    bar, last_line = None, time.monotonic()
    for step in steps:
        speed = f"{step.tokens_per_second:,.0f} tokens/s, " if step.tokens else ""
        words = f"{step.done} of {step.total}, {speed}{left(step)} left"
        if sys.stderr.isatty():
            look = f"{step.stage} {{percentage:3.0f}}%|{{bar}}| {words}"
            if bar is None or bar.total != step.total_bytes:
                close(bar)
                bar = tqdm(total=step.total_bytes, bar_format=look, file=sys.stderr)
            bar.bar_format = look
            bar.n = step.done_bytes
            bar.refresh()
        elif time.monotonic() - last_line > SECONDS_BETWEEN_LINES:
            last_line = time.monotonic()
            print(f"{step.stage}: {words}", file=sys.stderr, flush=True)
        yield step
    close(bar)


def close(bar: tqdm | None) -> None:
    """Leave the bar as it is, and the line after it free."""
    if bar is not None:
        bar.close()


def left(step: "Progress") -> str:
    """Time left, as a clock shows it."""
    minutes, seconds = divmod(round(step.seconds_left), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


def summary_of(manifest: dict[str, Any], made: int, seconds: float) -> dict[str, Any]:
    """What is in the folder now, and what this run did for it."""
    splits = {
        split: {
            **manifest[split],
            "shards": sum(bool(row[split]["file"]) for row in manifest["shards"]),
        }
        for split in ("train", "val")
    }
    return {
        **splits,
        "empty": manifest["empty"],
        "skipped": manifest["skipped"],
        "tokenizer": manifest["tokenizer"]["name"],
        "dtype": manifest["dtype"],
        "tokens_made_now": made,
        "seconds": round(seconds, 3),
    }


def in_words(summary: dict[str, Any], out: Path) -> str:
    """The summary for a reader."""
    made, seconds = summary["tokens_made_now"], summary["seconds"]
    lines = [
        f"{split:6} {part['tokens']:>15,} tokens  {part['documents']:>11,} documents  "
        f"{part['shards']:>5,} shard{'' if part['shards'] == 1 else 's'}"
        for split, part in ((split, summary[split]) for split in ("train", "val"))
    ]
    if summary["empty"]:
        lines.append(f"left out: {summary['empty']:,} without text")
    lines += format_skipped(summary["skipped"])
    if not summary["val"]["tokens"]:
        lines.append("none for validation, which gptcore train needs: see --val_share, --document")
    lines.append(
        f"{made:,} tokens made in {seconds:.1f} s; all is in {out}"
        if made
        else f"finished already, and whole: {out}"
    )
    return "\n".join(lines)
