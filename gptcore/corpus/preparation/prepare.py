"""Text to shards that a training run can trust: the work of `gptcore prepare`.

    sources -> a plan (plan.json) -> every shard by itself -> manifest.json

The result depends only on sources, tokenizer and settings, not on the number of workers or on how
often the work was killed. Run again, it makes only what is missing or damaged.
"""

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from gptcore.checks import as_path
from gptcore.corpus.downloads.source import Source, SourceDamagedError
from gptcore.corpus.preparation.plan import (
    DEFAULT_SETTINGS,
    ShardSettings,
    changed_sources,
    command_line,
    new_plan,
)
from gptcore.corpus.preparation.progress import (
    PrepareRequest,
    build_manifest,
    check_not_empty,
    check_same_request,
    check_unchanged,
    clean_up,
    intact_shards,
    is_finished,
    load_progress,
    mismatch_error,
)
from gptcore.corpus.preparation.shard_writer import (
    RowGroupRange,
    ShardRecord,
    make_shard,
    row_group_ranges,
)
from gptcore.corpus.preparation.workers import map_in_processes
from gptcore.corpus.reading.documents import read_documents
from gptcore.corpus.reading.sources import absolute_specs, resolve_sources, verify_source
from gptcore.corpus.shards.shards import format_for
from gptcore.files import (
    DISK_FULL_ERRNOS,
    DiskFullError,
    check_free_space,
    disk_full_error,
    lock_folder,
    write_json,
)
from gptcore.tokenizers.registry import load_tokenizer
from gptcore.tokenizers.tokenizer import Tokenizer

MIN_BYTES_PER_WORKER = 8_000_000  # below this, starting a worker costs more than it saves


@dataclass(frozen=True)
class Progress:
    """The progress of `prepare`, after each checked file or finished shard.

    Attributes:
        stage: "checking" (of files) or "making" (of shards).
        done, total: Files or shards.
        done_bytes, total_bytes: Bytes of the files, or of the text.
        tokens: Tokens made in this run.
        seconds: Time since this stage began.

    Example:
        >>> last = [*prepare("stories", "shards")][-1]
        >>> last.done == last.total
        True
    """

    stage: str  # "checking" or "making"
    done: int
    total: int
    done_bytes: int
    total_bytes: int
    tokens: int
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        """Tokens made per second in this run."""
        return self.tokens / self.seconds

    @property
    def seconds_left(self) -> float:
        """Estimated time that this stage still takes."""
        return self.seconds * (self.total_bytes - self.done_bytes) / max(1, self.done_bytes)


def prepare(
    sources: str | Path | Sequence[str | Path],
    out: str | Path,
    tokenizer: str | Path | Tokenizer = "gpt2",
    workers: int = 1,
    settings: ShardSettings = DEFAULT_SETTINGS,
) -> Iterator[Progress]:
    """Tokenize documents into shards; nothing is done for shards that exist already.

    Each shard gets its name when it is complete, and the folder its manifest.json when all shards
    exist. Skipped files are in the manifest with the reason, and in a warning.

    Args:
        sources: Files, folders, globs, names of texts, or names of files on the hub.
        out: The folder of the shards.
        tokenizer: A tokenizer, the name of a published one, or a file of a saved one.
        workers: Number of processes. The result does not depend on it.
        settings: How to read, and what goes where.

    Returns:
        An iterator with a record after each checked file and each finished shard.

    Raises:
        ValueError: If an argument is invalid, or the folder belongs to another request.
        OSError: If a file is damaged, the disk is full, or another run uses the folder.

    Example:
        >>> steps = [*prepare("stories", "shards")]
        >>> steps[-1].stage
        'making'
    """
    specs = [str(spec) for spec in ([sources] if isinstance(sources, str | Path) else sources)]
    for spec in specs:
        as_path(spec, "A source")
    folder = as_path(out, "--out")
    if workers < 1:
        raise ValueError(f"workers={workers} must be 1 or more; one for each core is usual.")
    if isinstance(tokenizer, Tokenizer):
        loaded, name = tokenizer, getattr(tokenizer, "name", f"<{type(tokenizer).__name__}>")
    else:
        loaded, name = load_tokenizer(tokenizer), str(tokenizer)
    if loaded.end_of_text is None:
        raise ValueError(
            f"The tokenizer {name} has no end-of-text token, with which every document begins. "
            'Train it with special_tokens=["<|endoftext|>"].'
        )
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file. Shards need a folder: --out with another name.")
    return run(PrepareRequest(specs, folder, loaded, name, workers, settings))


def run(request: PrepareRequest) -> Iterator[Progress]:
    """The whole work, with a lock on the folder."""
    folder = request.folder
    if is_finished(request):  # nothing is written then, not even a lock
        return
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        plan, records, finished = load_progress(folder)
        if plan:
            check_same_request(plan, request, finished)
        intact = intact_shards(folder, records)
        if finished and len(intact) == len(plan["shards"]):
            return clean_up(folder)
        plan, sources = load_or_make_plan(request, plan)
        missing = [number for number in range(len(plan["shards"])) if number not in intact]
        needed = {span[0] for number in missing for span in plan["shards"][number]["row_groups"]}
        needed |= {number for number, row in enumerate(plan["sources"]) if not row["sha256"]}
        yield from check_sources(plan, sources, sorted(needed), request.workers)
        if not finished:
            write_json(folder / "plan.json", plan)
        try:
            for step, shard in make_missing_shards(plan, sources, missing, request):
                check_unchanged(records.get(shard.number) if finished else None, shard, folder)
                records[shard.number] = asdict(shard)
                yield step
        except (ValueError, SourceDamagedError):
            if not records:  # nothing is written yet: a corrected rerun can start in this folder
                clean_up(folder)
            raise
        manifest = build_manifest(plan, records)
        check_not_empty(manifest, folder, finished)
        if not finished:
            write_json(folder / "manifest.json", manifest)
        clean_up(folder)


def load_or_make_plan(
    request: PrepareRequest, plan: dict[str, Any]
) -> tuple[dict[str, Any], list[Source]]:
    """The plan, a new one if there is none yet, and its files on this machine.

    Raises:
        ValueError: If the files are not those of the plan.
    """
    found = resolve_sources(request.specs, request.settings, out=request.folder)
    if not plan:
        specs = absolute_specs(request.specs)
        return new_plan(
            specs, found, request.tokenizer, request.name, request.settings
        ), found.sources
    if changes := changed_sources(plan, found.sources, require_all=True):
        raise mismatch_error(plan, request.folder, changes)
    if plan["settings"]["bad_text"] != request.settings.bad_text:  # it stopped on bad text
        settings = plan["settings"] | {"bad_text": request.settings.bad_text}
        command = command_line(plan["specs"], plan["tokenizer"]["name"], ShardSettings(**settings))
        plan |= {"settings": settings, "command": command}
    return plan, found.sources


def check_sources(
    plan: dict[str, Any], found: Sequence[Source], needed: Sequence[int], workers: int
) -> Iterator[Progress]:
    """Compare the hash of each file that will be read with the known one, or record it.

    Raises:
        SourceDamagedError: If they differ.
    """
    start, done_bytes = perf_counter(), 0
    all_bytes = sum(found[number].bytes for number in needed)
    executor = ThreadPoolExecutor(workers)
    expected_sha256 = [plan["sources"][number]["sha256"] for number in needed]
    hashes = executor.map(verify_source, [found[number] for number in needed], expected_sha256)
    try:
        for done, (number, sha256) in enumerate(zip(needed, hashes), start=1):
            plan["sources"][number]["sha256"] = sha256
            done_bytes += found[number].bytes
            seconds = perf_counter() - start
            yield Progress("checking", done, len(needed), done_bytes, all_bytes, 0, seconds)
    finally:
        executor.shutdown(cancel_futures=True)


def make_missing_shards(
    plan: dict[str, Any], found: Sequence[Source], missing: Sequence[int], request: PrepareRequest
) -> Iterator[tuple[Progress, ShardRecord]]:
    """Make the missing shards, in any order.

    Raises:
        DiskFullError: If the disk has too little space, before the first shard or later.
    """
    jobs = {number: row_group_ranges(plan, found, number) for number in missing}
    text_bytes = {number: plan["shards"][number]["text_bytes"] for number in missing}
    all_bytes = sum(text_bytes.values())
    bytes_per_text_byte = shard_bytes_per_text_byte(jobs.values(), request)
    check_free_space(request.folder, int(bytes_per_text_byte * all_bytes))
    workers = max(1, min(request.workers, len(jobs), all_bytes // MIN_BYTES_PER_WORKER))
    work = partial(run_shard_job, request.folder, request.tokenizer, request.settings)
    start, done_bytes, tokens = perf_counter(), 0, 0
    try:
        results = map_in_processes(work, jobs.items(), workers)
        for done, ((number, _), record) in enumerate(results, start=1):
            done_bytes += text_bytes[number]
            tokens += record.train.tokens + record.val.tokens
            seconds = perf_counter() - start
            step = Progress("making", done, len(jobs), done_bytes, all_bytes, tokens, seconds)
            yield step, record
    except OSError as error:
        if not isinstance(error, DiskFullError) and error.errno not in DISK_FULL_ERRNOS:
            raise
        raise disk_full_error(
            request.folder, int(bytes_per_text_byte * (all_bytes - done_bytes))
        ) from None


def run_shard_job(
    folder: Path,
    tokenizer: Tokenizer,
    settings: ShardSettings,
    job: tuple[int, Sequence[RowGroupRange]],
) -> ShardRecord:
    """One job of a worker."""
    number, ranges = job
    return make_shard(folder, number, ranges, tokenizer, settings)


def shard_bytes_per_text_byte(
    jobs: Iterable[Sequence[RowGroupRange]], request: PrepareRequest
) -> float:
    """Bytes of shards per byte of text, estimated from the first documents."""
    id_bytes = format_for(request.tokenizer.vocab_size).dtype.itemsize
    for ranges in jobs:
        with contextlib.suppress(ValueError):  # reported with its place when the shard is written
            for batch in read_documents(ranges[0].path, ranges[0].first, request.settings):
                text = "".join(text or "" for _, text in batch)[:100_000]
                if text:
                    return len(request.tokenizer.encode_array(text)) * id_bytes / len(text.encode())
    return id_bytes
