"""`gptcore prepare`: speed and memory beside `datasets` and datatrove, and resuming after kills.

All use the same text, vocabulary and number of processes. Each is measured in a process of its
own, from its start to its end. Needs the FineWeb sample and GPT-2's vocabulary in GPTCORE_DATA.

    python -m benchmarks.prepare datasets FILE OUT      only one peer
"""

import contextlib
import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

import pyarrow.parquet as pq

from benchmarks import Measurement
from gptcore.manifest import data_folder, find_text, text_path
from gptcore.tokenizers import load_tokenizer

PROCESSES = 2
SAMPLE = "fineweb/000_00000.parquet"
KILLS = 20
NO_OUTPUT = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


def prepare_command(source: Path, out: Path) -> list[str]:
    """The command that is measured."""
    command = [sys.executable, "-m", "gptcore.cli", "prepare", str(source), "--out", str(out)]
    return [*command, "--workers", str(PROCESSES)]


def measurements() -> Iterator[Measurement]:
    sample = data_folder() / SAMPLE
    if not sample.exists() or not text_path(find_text("gpt2-vocabulary")).exists():
        print(f"prepare: skipped, needs {sample} and gptcore fetch gpt2-vocabulary")
        return
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        yield from speed_and_memory(sample, scratch)
        yield from compare_with_peers(sample, scratch)
        yield from kill_and_resume(repeat_row_groups(sample, 4, scratch), scratch)


# Speed and memory


def speed_and_memory(sample: Path, scratch: Path) -> Iterator[Measurement]:
    """Speed and memory for several sizes; the difference of two excludes the start-up time."""
    sizes = {times: repeat_row_groups(sample, times, scratch) for times in (1, 3, 12)}
    runs: dict[int, list[Run]] = {times: [] for times in sizes}
    for number, times in itertools.product(range(3), sizes):
        out = scratch / f"speed-{number}-{times}"
        runs[times].append(measure_process(prepare_command(sizes[times], out)))
    seconds = {times: median(run.seconds for run in runs[times]) for times in sizes}
    cores = {times: median(run.core_seconds for run in runs[times]) for times in sizes}
    memory = {times: max(run.megabytes for run in runs[times]) for times in sizes}
    tokens, size_bytes = count_tokens(out), sum(path.stat().st_size for path in out.iterdir())
    millions = 9 / 12 * tokens / 1e6  # more in the largest than in the middle one
    per_second = millions / (seconds[12] - seconds[3])
    name = f"prepare, {PROCESSES} processes"
    yield f"{name}: tokens a second, beyond start-up", per_second, "M/s", {"at_least": 2}
    yield "prepare: the same for each core at work", millions / (cores[12] - cores[3]), "M/s", {}
    yield f"{name}: the sample, start-up included", seconds[1], "s", {}
    yield f"{name}: memory of the largest", memory[12], "MB", {"at_most": 200}
    growth = memory[12] / memory[3]
    yield "prepare: memory for 4 times the text", growth, "x", {"at_most": 1.1}
    yield "prepare: bytes on the disk for each token", size_bytes / tokens, "", {"at_most": 2.01}


def repeat_row_groups(sample: Path, times: int, scratch: Path) -> Path:
    """A parquet file with the row groups of the sample, repeated."""
    path = scratch / f"times{times}.parquet"
    if not path.exists():
        file = pq.ParquetFile(sample)
        with pq.ParquetWriter(path, file.schema_arrow) as writer:
            for _ in range(times):
                for group in range(file.num_row_groups):
                    writer.write_table(file.read_row_group(group))
    return path


def count_tokens(out: Path) -> int:
    """The number of tokens in a folder of shards."""
    manifest = json.loads((out / "manifest.json").read_text())
    return manifest["train"]["tokens"] + manifest["val"]["tokens"]


@dataclass(frozen=True)
class Run:
    """Time and memory of a program; the memory is the peak of its largest process."""

    seconds: float
    core_seconds: float
    megabytes: float


def core_seconds() -> float:
    """CPU time of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure_process(command: list[str]) -> Run:
    """Run a program and measure it (Linux)."""
    start, cores, peak = perf_counter(), core_seconds(), 0.0
    process = subprocess.Popen(command, **NO_OUTPUT)
    while process.poll() is None:
        sleep(0.02)
        peak = max(peak, *(peak_memory(pid) for pid in [process.pid, *child_pids(process.pid)]))
    if process.returncode:
        raise RuntimeError(f"{command} ended with exit code {process.returncode}.")
    return Run(perf_counter() - start, core_seconds() - cores, peak)


def child_pids(pid: int) -> list[int]:
    """The child processes of all threads of a process (Linux)."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # the thread has ended
            found += map(int, path.read_text().split())
    return found


def peak_memory(pid: int) -> float:
    """Peak memory of a process in MB, shared libraries included (Linux)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return 0.0


# Peers


def compare_with_peers(sample: Path, scratch: Path) -> Iterator[Measurement]:
    """Ours and each peer in turn, three times."""
    peers = [name for name in PEERS if find_spec(name)]
    for name in set(PEERS) - set(peers):
        print(f"prepare: {name} is not installed: not compared")
    seconds_by_peer: dict[str, list[float]] = {name: [] for name in ("ours", *peers)}
    for number in range(3):
        seconds_by_peer["ours"].append(
            measure_process(prepare_command(sample, scratch / f"ours-{number}")).seconds
        )
        for name in peers:
            command = [sys.executable, "-m", "benchmarks.prepare", name, str(sample)]
            run = measure_process([*command, str(scratch / f"{name}-{number}")])
            seconds_by_peer[name].append(run.seconds)
    for name in peers:
        yield (
            f"{PEERS[name][0]}: the sample, start-up included",
            median(seconds_by_peer[name]),
            "s",
            {},
        )
        ratio = median(
            theirs / our for theirs, our in zip(seconds_by_peer[name], seconds_by_peer["ours"])
        )
        yield f"prepare: times as fast as {name}", ratio, "x", {"at_least": 2}


def prepare_with_datasets(source: Path, out: Path) -> None:
    """As nanoGPT does it: `datasets.map` into a cache, then one memory map for all tokens."""
    # Optional packages, imported in a process of their own.
    import datasets  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    encoding = load_tokenizer("gpt2").encoding  # type: ignore[attr-defined]
    datasets.disable_progress_bars()

    def encode(row: dict) -> dict:
        ids = [*encoding.encode_ordinary(row["text"]), 50256]
        return {"ids": ids, "len": len(ids)}

    table = datasets.load_dataset("parquet", data_files=str(source), cache_dir=str(out))["train"]
    table = table.map(encode, remove_columns=table.column_names, num_proc=PROCESSES)
    total = int(np.sum(table["len"], dtype=np.uint64))
    ids = np.memmap(out / "train.bin", dtype=np.uint16, mode="w+", shape=(total,))
    parts, position = 64, 0  # nanoGPT has 1,024, more than this text has documents
    for part in range(parts):
        shard = table.shard(num_shards=parts, index=part, contiguous=True).with_format("numpy")
        batch = np.concatenate(shard["ids"])
        ids[position : position + len(batch)] = batch
        position += len(batch)
    ids.flush()


def prepare_with_datatrove(source: Path, out: Path) -> None:
    """datatrove's tokenizer step with its local executor, one task for each half of the text."""
    from datatrove.executor import LocalPipelineExecutor  # noqa: PLC0415
    from datatrove.pipeline.readers import ParquetReader  # noqa: PLC0415
    from datatrove.pipeline.tokens import DocumentTokenizer  # noqa: PLC0415

    out.mkdir()
    table = pq.read_table(source)
    half = len(table) // 2
    for number, part in enumerate((table.slice(0, half), table.slice(half))):
        (out / "in").mkdir(exist_ok=True)
        pq.write_table(part, out / "in" / f"{number}.parquet")
    tokenizer = str(out / "gpt2.json")
    gpt2_tokenizer().save(tokenizer)
    step = DocumentTokenizer(
        str(out / "tokens"), tokenizer, eos_token="<|endoftext|>", shuffle_documents=False
    )
    LocalPipelineExecutor(
        pipeline=[ParquetReader(str(out / "in")), step],
        tasks=PROCESSES,
        workers=PROCESSES,
        logging_dir=str(out / "logs"),
    ).run()


def gpt2_tokenizer():
    """GPT-2's tokenizer for the package `tokenizers`, made from OpenAI's list of merges."""
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415

    lines = text_path(find_text("gpt2-vocabulary")).read_text(encoding="utf-8").splitlines()[1:]
    merges = [(left, right) for left, right in (line.split(" ") for line in lines if line)]
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [256 + i for i in range(256 - len(printable))]
    alphabet = [chr(code) for code in printable + others]
    words = [*alphabet, *("".join(pair) for pair in merges), "<|endoftext|>"]
    vocabulary = {word: id for id, word in enumerate(words)}
    tokenizer = Tokenizer(models.BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


PEERS = {
    "datasets": ("datasets.map and a memory map", prepare_with_datasets),
    "datatrove": ("datatrove's tokenizer step", prepare_with_datatrove),
}


# Kills


def kill_and_resume(source: Path, scratch: Path) -> Iterator[Measurement]:
    """Kill `prepare` many times at random moments, then let it finish, and compare the shards."""
    subprocess.run(prepare_command(source, scratch / "whole"), check=True, **NO_OUTPUT)
    out, rng, n_lost = scratch / "killed", random.Random(20), 0
    done = killed = 0
    for number in itertools.count():
        process = subprocess.Popen(prepare_command(source, out), **NO_OUTPUT)
        sleep(rng.uniform(0.5, 2.5))
        finished = process.poll() is not None or (out / "manifest.json").exists()
        process.send_signal(signal.SIGKILL)
        process.wait()
        if finished:  # before the kill: compare this folder, too, and start again
            subprocess.run(prepare_command(source, out), check=True, **NO_OUTPUT)
            os.rename(out, scratch / f"finished-{number}")
            done = 0
            continue
        before, done = done, count_row_groups(out)
        n_lost = max(n_lost, before - done)
        killed += 1
        if killed == KILLS:
            break
    subprocess.run(prepare_command(source, out), check=True, **NO_OUTPUT)
    folders = [out, *scratch.glob("finished-*")]
    n_different = sum(read_shards(folder) != read_shards(scratch / "whole") for folder in folders)
    yield "prepare: kills in the middle of the work", killed, "", {}
    yield "prepare: folders that differ after them", n_different, "", {"at_most": 0}
    yield "prepare: finished row groups lost by a kill", n_lost, "", {"at_most": 0}


def read_shards(folder: Path) -> dict[str, bytes]:
    """The bytes of every shard of a folder."""
    return {path.name: path.read_bytes() for path in folder.glob("*.bin")}


def count_row_groups(folder: Path) -> int:
    """The number of finished row groups in the records and journals of an unfinished folder."""
    if not (folder / "plan.json").exists():
        return 0
    shards = json.loads((folder / "plan.json").read_text())["shards"]
    done = 0
    for number, shard in enumerate(shards):
        journal = folder / f"shard_{number:06}.journal"
        if (folder / f"shard_{number:06}.json").exists():
            done += sum(stop - first for _, first, stop in shard["row_groups"])
        elif journal.exists():
            done += json.loads(journal.read_text())["done"]
    return done


if __name__ == "__main__":
    name, source, out = sys.argv[1:]
    PEERS[name][1](Path(source), Path(out))
