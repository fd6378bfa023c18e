"""The speed of nanoGPT's own training script: its model, loop and data loader.

One line is changed in a copy of the script: it does not evaluate before the first step, which would
compile the model a second time. Everything else is an option on its command line.
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
MAX_SECONDS = 150


def nanogpt_speed(settings: Settings, model: GPTConfig, batch_size: int, grad_accum: int) -> float:
    """Tokens per second of nanoGPT, the median of its iterations after the first few."""
    checkout = copy_checkout(settings)
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
    arguments = [f"--{name}={value}" for name, value in options.items()]
    result = subprocess.run(
        [sys.executable, "train.py", *arguments],
        cwd=checkout,
        capture_output=True,
        text=True,
        timeout=MAX_SECONDS,
    )
    times = [float(ms) for ms in re.findall(r"^iter \d+: .*time ([\d.]+)ms", result.stdout, re.M)]
    if len(times) <= WARM_UP:
        raise OSError(
            f"nanoGPT ended with exit code {result.returncode}: {result.stderr.strip()[-500:]}"
        )
    seconds = median(times[WARM_UP:]) / 1000
    return batch_size * grad_accum * model.block_size / seconds


def copy_checkout(settings: Settings) -> Path:
    """A copy of the checkout, with random tokens as its data set."""
    if settings.nanogpt is None:
        raise ValueError("nanoGPT is measured only if --nanogpt names a checkout of it.")
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
    not_at_first = EVALUATION.replace("if ", "if iter_num and ", 1)
    script.write_text(text.replace(EVALUATION, not_at_first), encoding="utf-8")
    tokens = np.random.default_rng(1).integers(50257, size=2_000_000).astype(np.uint16)
    for split in ("train", "val"):
        tokens.tofile(folder / "data" / "random" / f"{split}.bin")
    return folder
