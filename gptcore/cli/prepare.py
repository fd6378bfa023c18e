"""`gptcore prepare`: turn text into shards of tokens."""

import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro
from tqdm import tqdm

from gptcore import corpus
from gptcore.checks import as_path
from gptcore.cli.console import format_clock, print_line, warnings_to_stderr
from gptcore.corpus.downloads.dataset_name import parse_dataset_name, with_files
from gptcore.corpus.reading.rows import DEFAULT_OPTIONS
from gptcore.corpus.reading.skipped import format_skipped
from gptcore.json_text import parse_json

if TYPE_CHECKING:
    from gptcore.corpus.preparation.prepare import Progress

SECONDS_BETWEEN_LINES = 30  # of progress, where standard error is not a terminal


@dataclass
class Prepare:
    """Turn text into shards of tokens. The same command again continues, or repairs shards."""

    sources: Annotated[tuple[str, ...], tyro.conf.Positional]
    """files, folders, quoted globs, names of texts, files of FineWeb such as
    fineweb:CC-MAIN-2013-20/000_00000, or data sets of the Hugging Face Hub: roneneldan/TinyStories,
    HuggingFaceFW/fineweb-edu:sample/10BT (a folder of it), fineweb-edu:sample-10BT. Formats:
    .parquet, .txt, .jsonl, .ndjson, .json (an array, or lines), .csv, .tsv; all but .parquet also
    as .gz, .bz2 or .zst. Other files of a folder are skipped, and listed with the reason"""
    out: Annotated[str, tyro.conf.arg(metavar="DIR")]
    """folder for the shards, new or of an earlier run"""
    tokenizer: str = "gpt2"
    """gpt2, cl100k_base, o200k_base, or a tokenizer's JSON file or folder"""
    workers: int | None = None
    """number of processes; default: one per core. The shards do not depend on it"""
    files: int | None = None
    """number of parquet files to take of a data set of the Hub; default: the first one"""
    column: str | None = None
    """column of a table (.parquet, .csv, .tsv), or field of JSON, with the text. Default: text; of
    a data set of the Hub that has no such column the one with the most text, which is printed"""
    document: Annotated[Literal["file", "line"] | None, tyro.conf.arg(aliases=("--sample_by",))] = (
        None
    )
    """what one document is in a .txt file: the whole file, or each line. Default: the whole file,
    with a note if it has several lines; known texts have their own default"""
    bad_text: Literal["stop", "replace"] = "stop"
    """for text that is not Unicode: stop and name its position, or replace it by U+FFFD"""
    val_share: float = 0.005
    """fraction of the documents for validation, chosen by a hash of their ids, or of their texts
    if they have no ids, or all the same one"""
    shard_bytes: int = 100_000_000
    """approximate bytes of text per shard; a shard has complete row groups. A .json, a .csv or a
    compressed file is one row group"""
    json: bool = False
    """print the summary as JSON"""

    def run(self) -> None:
        """Prepare the shards with a progress bar, and print a summary."""
        start, new_tokens = time.perf_counter(), 0
        out = as_path(self.out, "--out")
        try:
            sources = self.named_sources()
            column = self.column or text_column(sources, out)
            settings = corpus.ShardSettings(
                column, self.document, self.bad_text, self.val_share, self.shard_bytes
            )
            workers = self.workers if self.workers is not None else os.cpu_count() or 1
            with warnings_to_stderr(repeat=True):
                steps = corpus.prepare(sources, out, self.tokenizer, workers, settings)
                for step in with_progress(steps):
                    new_tokens = step.tokens
        except KeyboardInterrupt:
            print_line("\nfinished shards are kept; the same command continues from there.")
            raise
        manifest = parse_json((out / "manifest.json").read_text(encoding="utf-8"))
        summary = summarize(manifest, new_tokens, time.perf_counter() - start)
        print(json.dumps(summary, indent=2) if self.json else format_summary(summary, out))

    def named_sources(self) -> list[str]:
        """The sources, with the number of files in the name of each data set of the Hub."""
        if self.files is None:
            return list(self.sources)
        if self.files < 1:
            raise ValueError(f"--files {self.files} must be 1 or more.")
        if not any(parse_dataset_name(source) for source in self.sources):
            raise ValueError(
                "--files is for data sets of the Hugging Face Hub, such as roneneldan/TinyStories; "
                "of your own files, name those that you want."
            )
        return [with_files(source, self.files) for source in self.sources]


def text_column(sources: list[str], out: Path) -> str:
    """The column with the text: of the earlier run, or found in the first data set of the Hub."""
    for name in filter(None, map(parse_dataset_name, sources)):
        for earlier in (out / "manifest.json", out / "plan.json"):
            if earlier.is_file():  # the files need not be there any more
                plan = parse_json(earlier.read_text(encoding="utf-8"))
                return str(plan["settings"]["column"])
        # Only these lines need the hub's library and pyarrow, which are slow to load.
        files = import_module("gptcore.corpus.downloads.hub_dataset").ensure_files(name)
        guess = import_module("gptcore.corpus.reading.text_column").guess_text_column
        column, reason = guess(files[0].path)
        listed = ", ".join(file.name.partition(":")[2] for file in files)
        print_line(f"{name.repository}, revision {files[0].revision[:7]}: {listed}")
        print_line(f"the text is in the column {column!r}{reason and f' ({reason})'}")
        return str(column)
    return DEFAULT_OPTIONS.column


def with_progress(steps: "Iterator[Progress]") -> "Iterator[Progress]":
    """Yield the same steps, and show a bar on a terminal, elsewhere a line now and then."""
    bar, last_line = None, time.monotonic()
    for step in steps:
        speed = f"{step.tokens_per_second:,.0f} tokens/s, " if step.tokens else ""
        status = f"{step.done} of {step.total}, {speed}{format_clock(step.seconds_left)} left"
        if sys.stderr.isatty():
            bar_format = f"{step.stage} {{percentage:3.0f}}%|{{bar}}| {status}"
            if bar is None or bar.total != step.total_bytes:
                close(bar)
                bar = tqdm(total=step.total_bytes, bar_format=bar_format, file=sys.stderr)
            bar.bar_format = bar_format
            bar.n = step.done_bytes
            bar.refresh()
        elif time.monotonic() - last_line > SECONDS_BETWEEN_LINES:
            last_line = time.monotonic()
            print_line(f"{step.stage}: {status}")
        yield step
    close(bar)


def close(bar: tqdm | None) -> None:
    """Leave the bar as it is, and start a new line."""
    if bar is not None:
        bar.close()


def summarize(manifest: dict[str, Any], new_tokens: int, seconds: float) -> dict[str, Any]:
    """What is in the folder now, and what this run added."""
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
        "new_tokens": new_tokens,
        "seconds": round(seconds, 3),
    }


def format_summary(summary: dict[str, Any], out: Path) -> str:
    """Format the summary as text."""
    new_tokens, seconds = summary["new_tokens"], summary["seconds"]
    lines = [
        f"{split:6} {part['tokens']:>15,} tokens  {part['documents']:>11,} documents  "
        f"{part['shards']:>5,} shard{'' if part['shards'] == 1 else 's'}"
        for split, part in ((split, summary[split]) for split in ("train", "val"))
    ]
    if summary["empty"]:
        lines.append(f"left out: {summary['empty']:,} without text")
    lines += format_skipped(summary["skipped"])
    if not summary["val"]["tokens"]:
        lines.append("no validation data, which gptcore train needs: see --val_share, --document")
    lines.append(
        f"{new_tokens:,} tokens written in {seconds:.1f} s; folder: {out}"
        if new_tokens
        else f"already complete: {out}"
    )
    return "\n".join(lines)
