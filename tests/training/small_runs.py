"""Small runs for tests: a text that can be learned, and a model for it."""

import hashlib
import json
from pathlib import Path

import numpy as np
import torch

from gptcore.corpus import Batches, write_shard
from gptcore.model import GPT, GPTConfig
from gptcore.training import TrainConfig, train

V, T = 23, 12
SHAPE = GPTConfig(block_size=T, vocab_size=V, n_layer=2, n_head=2, n_embd=16, dropout=0.1)
NO_DROPOUT = GPTConfig(block_size=T, vocab_size=V, n_layer=2, n_head=2, n_embd=16)
SHORT = TrainConfig(
    max_steps=40,
    batch_size=4,
    warmup_steps=5,
    eval_every=6,
    eval_tokens=100,
    checkpoint_every=5,
    learning_rate=1e-2,
    min_learning_rate=1e-3,
    device="cpu",
)
TIMES = ("tokens_per_second", "mfu")  # these differ between any two runs


def write_text(folder: Path, seed: int = 1) -> Path:
    """Write shards in which each token nearly always follows from the one before it."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    ids = [3]
    for noise in rng.random(3000):
        ids.append(int(rng.integers(V)) if noise < 0.2 else (ids[-1] * 5 + 7) % V)
    write_shard(folder / "train.bin", np.array(ids[:2500]), V)
    write_shard(folder / "val.bin", np.array(ids[2500:]), V)
    return folder


def batches(folder: Path, config: TrainConfig = SHORT, split: str = "train") -> Batches:
    return Batches(
        folder, batch_size=config.batch_size, block_size=T, seed=config.seed, split=split
    )


def new_model(shape: GPTConfig = SHAPE) -> GPT:
    return GPT(shape, torch.Generator().manual_seed(1))


def run(
    folder: Path, out: Path | None, config: TrainConfig = SHORT, shape=SHAPE, **options
) -> list:
    """Return all remaining steps of a run."""
    torch.set_num_threads(1)
    return list(
        train(
            new_model(shape),
            batches(folder, config),
            config,
            val=batches(folder, config, "val"),
            out_dir=out,
            **options,
        )
    )


def log_of(out: Path) -> list[dict]:
    """Return the log without what depends on the clock."""
    lines = (out / "log.jsonl").read_text().splitlines()
    return [{k: v for k, v in json.loads(line).items() if k not in TIMES} for line in lines]


def untimed(steps: list) -> list[dict]:
    """Return steps as their lines in the log, without what depends on the clock."""
    left_out = {*TIMES, "sample"}  # no sample was made
    return [{k: v for k, v in vars(step).items() if k not in left_out} for step in steps]


def sha256_of_all(folder: Path) -> dict[str, str]:
    """Hashes of weights and optimizer state."""
    return {
        f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.glob("*.safetensors")
    }


def run_in_a_process(folder: Path, out: Path, config: TrainConfig, resume: bool) -> None:
    """Train in a process that the test kills."""
    run(folder, out, config, resume=resume)
