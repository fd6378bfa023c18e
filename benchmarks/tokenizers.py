"""Tokenizers: training and encoding in Python beside tiktoken, tokenizers and rustbpe.

Peers are measured in the same run if they are installed. Memory is the peak of a whole process,
Python included (Linux).
"""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from math import nan
from pathlib import Path
from statistics import median

from benchmarks import Measurement, seconds
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

# Trains in a process of its own; prints seconds and peak megabytes.
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
# Trap: getrusage would also count the memory of the parent process at the fork.
highest = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]
print(spent, int(highest) / 1024)
"""


def train_in_process(trainer: str, vocab_size: int, times: int = 1) -> tuple[float, float]:
    """Seconds and peak megabytes of a process that trains on the FineWeb sample."""
    command = [sys.executable, "-c", PROGRAM, trainer, str(data_folder() / SAMPLE)]
    command += [str(vocab_size), str(times)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, result.stdout.split())
    return seconds, megabytes


def make_trainers(text: str, vocab_size: int) -> dict:
    """Our trainer and those of the installed peers: name -> a function that trains once."""
    trainers_by_name = {"ours": lambda: BPETokenizer.train(text, vocab_size=vocab_size)}
    if importlib.util.find_spec("tokenizers"):
        hf = importlib.import_module("tokenizers")

        def train_with_tokenizers():
            other = hf.Tokenizer(hf.models.BPE())
            other.pre_tokenizer = hf.pre_tokenizers.ByteLevel(add_prefix_space=False)
            alphabet = hf.pre_tokenizers.ByteLevel.alphabet()
            other.train_from_iterator(
                [text],
                hf.trainers.BpeTrainer(
                    vocab_size=vocab_size, initial_alphabet=alphabet, show_progress=False
                ),
            )

        trainers_by_name["tokenizers"] = train_with_tokenizers
    if importlib.util.find_spec("rustbpe"):
        rustbpe = importlib.import_module("rustbpe")
        trainers_by_name["rustbpe"] = lambda: rustbpe.Tokenizer().train_from_iterator(
            [text], vocab_size
        )
    return trainers_by_name


def missing(reason: str) -> Measurement:
    """A row for something that cannot be measured here."""
    return (f"not measured: {reason}", nan, "", {})


def measurements() -> Iterator[Measurement]:
    if is_downloaded("shakespeare"):
        yield from shakespeare_training(load("shakespeare"))
    else:
        yield missing("gptcore fetch shakespeare")
    if (data_folder() / SAMPLE).exists():
        yield from fineweb_training()
    else:
        yield missing(f"{SAMPLE} is not in the data folder")
    if is_downloaded("gpt2-vocabulary"):
        yield from encoding_speed()
    else:
        yield missing("gptcore fetch gpt2-vocabulary")


def shakespeare_training(text: str) -> Iterator[Measurement]:
    """Training on tiny Shakespeare, ours and the peers in turn."""
    trainers_by_name = make_trainers(text, 1024)
    times: dict[str, list[float]] = {name: [] for name in trainers_by_name}
    for _ in range(RUNS):
        for name, train_once in trainers_by_name.items():
            times[name].append(seconds(train_once))
    ours = median(times["ours"])
    yield "train, tiny Shakespeare, 1,024 tokens", ours, "s", {"at_most": 0.35}
    for name in ("tokenizers", "rustbpe"):
        if name not in trainers_by_name:
            yield missing(f"{name} is not installed")
            continue
        yield f"  the same by {name}", median(times[name]), "s", {}
    if "tokenizers" in trainers_by_name:
        ratio = median(times["tokenizers"]) / ours
        yield "  tokenizers' time / ours", ratio, "times", {"at_least": 1}
    pieces = pretokenize(text[:20_000])
    for train_merges in (train_naive, train_counted, train_incremental):
        elapsed = seconds(lambda train_merges=train_merges: train_merges(pieces, 100))
        yield f"{train_merges.__name__}, 20 kB, 100 merges", elapsed, "s", {}


def fineweb_training() -> Iterator[Measurement]:
    """Training on the FineWeb sample: time and memory."""
    elapsed, megabytes = zip(*(train_in_process("ours", 32_768) for _ in range(3)))
    yield "train, FineWeb sample (9.9 MB), 32,768 tokens", median(elapsed), "s", {"at_most": 4.5}
    yield "  memory of the process", max(megabytes), "MB", {"at_most": 250}
    for name in ("tokenizers", "rustbpe"):
        if importlib.util.find_spec(name) is None:
            yield missing(f"{name} is not installed")
            continue
        theirs, memory = train_in_process(name, 32_768)
        yield f"  the same by {name}", theirs, "s", {}
        yield "    memory of its process", memory, "MB", {}
    _, memory_once = train_in_process("ours", 4096)
    _, memory_ten_times = train_in_process("ours", 4096, times=10)
    yield (
        "memory for ten times the text / once",
        memory_ten_times / memory_once,
        "times",
        {"at_most": 1.1},
    )


def encoding_speed() -> Iterator[Measurement]:
    """Encoding the FineWeb sample with GPT-2's vocabulary."""
    python_gpt2, tiktoken_gpt2 = BPETokenizer.from_gpt2(), GPT2Tokenizer()
    yield '"a" * 100,000', seconds(lambda: python_gpt2.encode("a" * 100_000)), "s", {"at_most": 1}
    if not (data_folder() / SAMPLE).exists():
        return
    table = importlib.import_module("pyarrow.parquet").read_table(
        data_folder() / SAMPLE, columns=["text"]
    )
    texts = table["text"].to_pylist()
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    times: dict[str, list[float]] = {"cold": [], "warm": [], "tiktoken": [], "array": []}
    for _ in range(RUNS):
        python_gpt2.cache.clear()
        times["cold"].append(seconds(lambda: [python_gpt2.encode(text) for text in texts]))
        times["warm"].append(seconds(lambda: [python_gpt2.encode(text) for text in texts]))
        times["tiktoken"].append(seconds(lambda: [tiktoken_gpt2.encode(text) for text in texts]))
        times["array"].append(seconds(lambda: [tiktoken_gpt2.encode_array(text) for text in texts]))
    speed = {name: megabytes / median(elapsed) for name, elapsed in times.items()}
    yield "encode, plain Python, GPT-2, cold", speed["cold"], "MB/s", {"at_least": 5}
    yield "  the same with the pieces known", speed["warm"], "MB/s", {}
    yield "  GPT2Tokenizer, by tiktoken, lists", speed["tiktoken"], "MB/s", {}
    yield "  GPT2Tokenizer, by tiktoken, arrays", speed["array"], "MB/s", {}
    n_different = sum(
        python_gpt2.encode(text) != tiktoken_gpt2.encoding.encode_ordinary(text) for text in texts
    )
    yield f"documents of {len(texts):,} unequal to tiktoken's", n_different, "", {"at_most": 0}
