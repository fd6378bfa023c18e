"""Runs that the lessons show: two presets on the FineWeb sample, a minute or two each.

The sample has 2.2 million tokens, so the data repeats many times: the validation loss falls, and
rises again when the model overfits. Their logs are kept beside the log of `on_gpu.py`.
"""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from time import perf_counter

from benchmarks.gpu.settings import Check, Record, Settings, free_memory, new_model
from gptcore.corpus import Batches
from gptcore.tokenizers import GPT2Tokenizer
from gptcore.training import generate_text, train

PRESET_NAMES = ("fineweb-40m", "fineweb-40m-fast")
STEPS, BATCH_SIZE = 500, 32  # 2 x 32 rows of 1,024 tokens in a step: 33 million tokens
GPT2_VOCAB = 50304  # padded to a multiple of 64
PROMPT = "The history of"


def checks(settings: Settings) -> Iterator[Check]:
    """One run for each preset."""
    for name in PRESET_NAMES:
        yield f"recorded run: {name}", lambda name=name: record_run(settings, name)


def record_run(settings: Settings, preset: str) -> Iterator[Record]:
    if settings.shards is None:
        raise ValueError("A recorded run needs shards of FineWeb: give --shards DIR.")
    free_memory()
    steps, batch_size = settings.pick((STEPS, BATCH_SIZE), (4, 2))
    model = replace(settings.model_config(preset), vocab_size=GPT2_VOCAB)
    config = settings.train_config(
        preset,
        max_steps=steps,
        warmup_steps=steps // 15,
        decay_steps=steps * 3 // 10 if preset.endswith("fast") else 0,
        batch_size=batch_size,
        grad_accum=2,
        compile=settings.on_gpu,
        eval_every=25,
        eval_tokens=16_384,
    )
    sizes = {"batch_size": config.batch_size, "block_size": model.block_size, "seed": config.seed}
    data, val = (Batches(settings.shards, **sizes, split=split) for split in ("train", "val"))
    gpt, out, start = new_model(model), settings.work / preset, perf_counter()
    last = list(train(gpt, data, config, val=val, out_dir=out))[-1]
    if settings.keep is not None:
        shutil.copy(out / "log.jsonl", settings.keep / f"{preset}.jsonl")
    yield {
        "steps": last.step,
        "tokens": last.tokens,
        "train_loss": last.train_loss,
        "val_loss": last.val_loss,
        "seconds": perf_counter() - start,
        "samples": sample_texts(gpt),
    }


def sample_texts(gpt) -> list[str]:
    tokenizer = GPT2Tokenizer()
    texts = (generate_text(gpt, tokenizer, PROMPT, 60, seed=s, temperature=0.8) for s in (1, 2, 3))
    return [PROMPT + "".join(text) for text in texts]
