"""Tokenizers: training and encoding in plain Python beside tiktoken, tokenizers and rustbpe.

Peers are measured in the same run, where they are installed, and only shown; the promise beside
them is our own. Memory is that of a whole process, Python and all, at its highest, on Linux.
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from math import nan
from pathlib import Path
from statistics import median
from time import perf_counter

from gptcore.corpus import is_downloaded, load
from gptcore.manifest import data_folder
from gptcore.tokenizers import (
    BPETokenizer,
    GPT2Tokenizer,
    pretokenize,
    train_counted,
    train_incremental,
    train_naive,
)

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = "fineweb/000_00000.parquet"
RUNS = 5

# A program for each memory figure: prints seconds, and megabytes at the highest point.
PROGRAM = r"""
import re, sys
from pathlib import Path
from time import perf_counter
import pyarrow.parquet as pq

trainer, path, vocab_size, times = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])

def texts():
    for _ in range(times):
        for batch in pq.ParquetFile(path).iter_batches(batch_size=100, columns=["text"]):
            yield from batch["text"].to_pylist()

if trainer == "ours":
    from gptcore.tokenizers import BPETokenizer
    train = lambda: BPETokenizer.train(texts(), vocab_size=vocab_size)
elif trainer == "tokenizers":
    import tokenizers
    other = tokenizers.Tokenizer(tokenizers.models.BPE())
    other.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    settings = tokenizers.trainers.BpeTrainer(
        vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False
    )
    train = lambda: other.train_from_iterator(texts(), settings)
else:
    import rustbpe
    from gptcore.tokenizers import PATTERNS
    other = rustbpe.Tokenizer()
    train = lambda: other.train_from_iterator(texts(), vocab_size, pattern=PATTERNS["gpt2"])

start = perf_counter()
train()
spent = perf_counter() - start
# Trap: getrusage would count what the parent had at the moment of the fork, too.
highest = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]
print(spent, int(highest) / 1024)
"""


def trained_apart(trainer: str, vocab_size: int, times: int = 1) -> tuple[float, float]:
    """Seconds and megabytes of a program that learns from the FineWeb sample."""
    command = [sys.executable, "-c", PROGRAM, trainer, str(data_folder() / SAMPLE)]
    command += [str(vocab_size), str(times)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, ran.stdout.split())
    return seconds, megabytes


def seconds(work) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def ways_to_train(text: str, vocab_size: int) -> dict:
    """Ours and the peers that are installed: name -> a function that learns once."""
    ways = {"ours": lambda: BPETokenizer.train(text, vocab_size=vocab_size)}
    if importlib.util.find_spec("tokenizers"):
        hf = importlib.import_module("tokenizers")

        def by_tokenizers():
            other = hf.Tokenizer(hf.models.BPE())
            other.pre_tokenizer = hf.pre_tokenizers.ByteLevel(add_prefix_space=False)
            alphabet = hf.pre_tokenizers.ByteLevel.alphabet()
            other.train_from_iterator(
                [text],
                hf.trainers.BpeTrainer(
                    vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False
                ),
            )

        ways["tokenizers"] = by_tokenizers
    if importlib.util.find_spec("rustbpe"):
        rustbpe = importlib.import_module("rustbpe")
        ways["rustbpe"] = lambda: rustbpe.Tokenizer().train_from_iterator([text], vocab_size)
    return ways


def missing(what: str) -> tuple:
    return (f"not measured: {what}", nan, "", {})


def figures() -> Iterator[tuple]:
    if is_downloaded("shakespeare"):
        yield from figures_of_training_on_shakespeare(load("shakespeare"))
    else:
        yield missing("gptcore fetch shakespeare")
    if (data_folder() / SAMPLE).exists():
        yield from figures_of_training_on_the_web()
    else:
        yield missing(f"{SAMPLE} is not in the data folder")
    if is_downloaded("gpt2-vocabulary"):
        yield from figures_of_encoding()
    else:
        yield missing("gptcore fetch gpt2-vocabulary")


def figures_of_training_on_shakespeare(text: str) -> Iterator[tuple]:
    ways = ways_to_train(text, 1024)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(RUNS):
        for name, way in ways.items():
            times[name].append(seconds(way))
    ours = median(times["ours"])
    yield "train, tiny Shakespeare, 1,024 tokens", ours, "s", {"at_most": 0.35}
    for name in ("tokenizers", "rustbpe"):
        if name not in ways:
            yield missing(f"{name} is not installed")
            continue
        yield f"  the same by {name}", median(times[name]), "s", {}
    if "tokenizers" in ways:
        ratio = median(times["tokenizers"]) / ours
        yield "  tokenizers' time / ours", ratio, "times", {"at_least": 1}
    pieces = pretokenize(text[:20_000])
    for learn in (train_naive, train_counted, train_incremental):
        spent = seconds(lambda learn=learn: learn(pieces, 100))
        yield f"{learn.__name__}, 20 kB, 100 merges", spent, "s", {}


def figures_of_training_on_the_web() -> Iterator[tuple]:
    spent, megabytes = zip(*(trained_apart("ours", 32_768) for _ in range(3)))
    yield "train, FineWeb sample (9.9 MB), 32,768 tokens", median(spent), "s", {"at_most": 4.5}
    yield "  memory of the process", max(megabytes), "MB", {"at_most": 250}
    for name in ("tokenizers", "rustbpe"):
        if importlib.util.find_spec(name) is None:
            yield missing(f"{name} is not installed")
            continue
        theirs, memory = trained_apart(name, 32_768)
        yield f"  the same by {name}", theirs, "s", {}
        yield "    memory of its process", memory, "MB", {}
    _, once = trained_apart("ours", 4096)
    _, ten_times = trained_apart("ours", 4096, times=10)
    yield "memory for ten times the text / once", ten_times / once, "times", {"at_most": 1.1}


def figures_of_encoding() -> Iterator[tuple]:
    pure, fast = BPETokenizer.from_gpt2(), GPT2Tokenizer()
    yield '"a" * 100,000', seconds(lambda: pure.encode("a" * 100_000)), "s", {"at_most": 1}
    if not (data_folder() / SAMPLE).exists():
        return
    table = importlib.import_module("pyarrow.parquet").read_table(
        data_folder() / SAMPLE, columns=["text"]
    )
    texts = table["text"].to_pylist()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    times: dict[str, list[float]] = {"cold": [], "warm": [], "tiktoken": [], "array": []}
    for _ in range(RUNS):
        pure.cache.clear()
        times["cold"].append(seconds(lambda: [pure.encode(text) for text in texts]))
        times["warm"].append(seconds(lambda: [pure.encode(text) for text in texts]))
        times["tiktoken"].append(seconds(lambda: [fast.encode(text) for text in texts]))
        times["array"].append(seconds(lambda: [fast.encode_array(text) for text in texts]))
    speed = {name: megabytes / median(spent) for name, spent in times.items()}
    yield "encode, plain Python, GPT-2, cold", speed["cold"], "MB/s", {"at_least": 5}
    yield "  the same with the pieces known", speed["warm"], "MB/s", {}
    yield "  GPT2Tokenizer, by tiktoken, lists", speed["tiktoken"], "MB/s", {}
    yield "  GPT2Tokenizer, by tiktoken, arrays", speed["array"], "MB/s", {}
    unequal = sum(pure.encode(text) != fast.encoding.encode_ordinary(text) for text in texts)
    yield f"documents of {len(texts):,} unequal to tiktoken's", unequal, "", {"at_most": 0}
