"""nanoGPT's own training script, timed: its model, its loop, its data loader.

One thing is changed in the copy that runs: the evaluation before the first step is left out, since
it would only compile a second time. Everything else is given as options on its command line.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.gpu.settings import Settings
from gptcore.model import GPTConfig

FILES = ("model.py", "train.py", "configurator.py")
EVALUATION = "if iter_num % eval_interval == 0 and master_process:"
ITERATIONS, WARM_UP = 11, 4
LONGEST_SECONDS = 150


def nanogpt_speed(settings: Settings, model: GPTConfig, batch_size: int, grad_accum: int) -> float:
    """Tokens per second of nanoGPT's loop, as the median of its iterations after the first few."""
    checkout = copied(settings)
    options = {
        "dataset": "random",
        "batch_size": batch_size,
        "gradient_accumulation_steps": grad_accum,
        "block_size": model.block_size,
        "n_layer": model.n_layer,
        "n_head": model.n_head,
        "n_embd": model.n_embd,
        "max_iters": settings.pick(ITERATIONS, 6),
        "device": settings.device,
        "compile": settings.on_gpu,
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    done = subprocess.run(
        [sys.executable, "train.py", *words],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
    )
    times = [float(ms) for ms in re.findall(r"^iter \d+: .*time ([\d.]+)ms", done.stdout, re.M)]
    if len(times) <= WARM_UP:
        raise OSError(f"nanoGPT ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    seconds = median(times[WARM_UP:]) / 1000
    return batch_size * grad_accum * model.block_size / seconds


def copied(settings: Settings) -> Path:
    """A copy of the checkout, with random tokens to learn from."""
    if settings.nanogpt is None:
        raise ValueError("nanoGPT is measured where --nanogpt names a checkout of it.")
    folder = settings.work / "nanogpt"
    if folder.exists():
        return folder
    (folder / "data" / "random").mkdir(parents=True)
    for name in FILES:
        shutil.copy(settings.nanogpt / name, folder / name)
    script = folder / "train.py"
    text = script.read_text(encoding="utf-8")
    if EVALUATION not in text:
        raise ValueError(f"{script} is another version of nanoGPT: it has no line {EVALUATION!r}")
    never = EVALUATION.replace("if ", "if iter_num and ", 1)
    script.write_text(text.replace(EVALUATION, never), encoding="utf-8")
    tokens = np.random.default_rng(1).integers(50257, size=2_000_000).astype(np.uint16)
    for split in ("train", "val"):
        tokens.tofile(folder / "data" / "random" / f"{split}.bin")
    return folder
