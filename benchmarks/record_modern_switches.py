"""The recorded runs of lesson 13: one switch at a time, five seeds each (three in some tables).

    python -m benchmarks.record_modern_switches             all: 20 minutes of one processor
    python -m benchmarks.record_modern_switches --list      what there is, and what is recorded

Every finished run is in `data/modern_switches.json` at once, so a stopped recording continues where
it was. The lesson reads that file. Losses differ between processors in the third digit, and seconds
are those of one processor: compare them within this file only.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any

import torch

from benchmarks.recording import Recording, processor
from course.experiments.modern.lengths import length_setup, length_table, save_length_gpt
from course.experiments.modern.switches import (
    SWITCHES,
    Letters,
    Setup,
    letters,
    tiny,
    train_switch,
    with_switch,
)
from gptcore.manifest import shipped_folder

OUT = shipped_folder() / "modern_switches.json"
TEXT = "stories"
DIGITS = 4
SAME_SECONDS = "rope, as long as muon"  # its steps follow from the seconds of the others
MAIN, GPT2 = "by width", "GPT-2's initial weights"  # tables
SEEDS, FEWER_SEEDS = 5, 5


@dataclass(frozen=True)
class Job:
    """One training run."""

    table: str
    switch: str
    seed: int
    fields: dict[str, Any]


def all_jobs() -> list[Job]:
    """All runs, seed by seed; five seeds where the lesson states a verdict, three elsewhere."""
    as_long = [Job(MAIN, SAME_SECONDS, seed, {}) for seed in range(SEEDS)]
    found: list[Job] = []
    for seed in range(SEEDS):
        found += jobs(MAIN, SWITCHES, seed)
        found += jobs(GPT2, ("rope", "swiglu"), seed, init_by_width=False)
        if seed < FEWER_SEEDS:
            others = ("learned positions", "relu2", "modern", "muon")
            found += jobs(GPT2, others, seed, init_by_width=False)
            for rate in (0.064, 0.128):
                table = f"learning rate {rate:g}"
                found += jobs(table, ("rope", "qk-norm"), seed, learning_rate=rate)
    return found + as_long


def jobs(table: str, switches: Iterable[str], seed: int, **fields: Any) -> list[Job]:
    """The runs of one table with one seed, and fields that all of them have."""
    return [Job(table, name, seed, {**SWITCHES[name], **fields}) for name in switches]


class SwitchRecording(Recording):
    """The recording of this lesson, which knows how long Muon takes."""

    def steps_of_muon(self, steps: int) -> int:
        """How many steps AdamW makes in the seconds of Muon: by the seeds so far, then fixed."""
        for run in self.runs:
            if run["switch"] == SAME_SECONDS:
                return int(run["steps"])
        seconds = {
            name: [
                run["seconds"]
                for run in self.runs
                if run["table"] == MAIN and run["switch"] == name
            ]
            for name in ("rope", "muon")
        }
        adamw, muon = (sum(found) / len(found) for found in seconds.values())
        return round(steps * muon / adamw / 20) * 20


def record_run(job: Job, text: Letters, steps_of_muon: int) -> dict[str, Any]:
    """Train one model, and return what the file keeps of it."""
    setup = with_switch(tiny(text.tokenizer.vocab_size), job.fields)
    if job.switch == SAME_SECONDS:
        setup = replace(setup, steps=steps_of_muon)
    run = train_switch(setup, text, job.seed)
    kept: dict[str, Any] = {
        "table": job.table,
        "switch": job.switch,
        "seed": job.seed,
        "loss": round(run.loss, DIGITS),
        "seconds": round(run.seconds, 1),
        "parameters": run.parameters,
    }
    if job.switch == SAME_SECONDS:
        kept["steps"] = setup.steps
    if job.table in (MAIN, GPT2) and job.switch in ("rope", "learned positions"):
        kept["curve"] = [round(loss, DIGITS - 1) for loss in run.curve]
    if run.load:
        kept["load"] = [[round(part, DIGITS - 1) for part in layer] for layer in run.load]
    return kept


def record_lengths(text: Letters) -> list[dict[str, Any]]:
    """Train the two models of the length table, ship the one with RoPE, and measure both."""
    models = []
    for rope in (False, True):
        setup = length_setup(text.tokenizer.vocab_size, rope)
        models.append(train_switch(setup, text, seed=1).model)
    save_length_gpt(models[1], text.tokenizer)
    return [
        {name: round(v, DIGITS) if isinstance(v, float) else v for name, v in row.items()}
        for row in length_table(*models, text.val)
    ]


def describe(setup: Setup) -> dict[str, Any]:
    """The fields of a setup that are not defaults."""
    defaults = asdict(type(setup.config)())
    config = {name: v for name, v in asdict(setup.config).items() if v != defaults[name]}
    training = {name: v for name, v in asdict(setup).items() if name != "config"}
    return {**config, **training}


def record(path: Path, text_name: str) -> Iterator[str]:
    """Make every run that is missing, and yield a line after each."""
    torch.set_num_threads(1)  # several threads would wait for each other
    recording, text = SwitchRecording(path), letters(text_name)
    V = text.tokenizer.vocab_size
    recording.content = {
        "text": text_name,
        "date": date.today().isoformat(),
        "processor": processor(),
        "torch": torch.__version__,
        "tiny": describe(tiny(V)),
        "length": describe(length_setup(V, rope=True)),
        "lengths": recording.content.get("lengths", []),
        "runs": recording.runs,
    }
    missing = [job for job in all_jobs() if not recording.has(vars(job))]
    started = perf_counter()
    if not recording.content["lengths"]:
        recording.content["lengths"] = record_lengths(text)
        recording.write()
        yield f"lengths: {len(recording.content['lengths'])} rows"
    for done, job in enumerate(missing, 1):
        steps = recording.steps_of_muon(tiny(V).steps) if job.switch == SAME_SECONDS else 0
        run = record_run(job, text, steps)
        recording.add(run)
        minutes = (perf_counter() - started) / done * (len(missing) - done) / 60
        name = f"{job.table}, {job.switch}, seed {job.seed}"
        yield f"{done}/{len(missing)} {name}: {run['loss']:.4f}, {minutes:.0f} minutes left"


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--list", action="store_true", help="say which runs there are, and stop")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--text", default=TEXT, help="stories or shakespeare")
    given = parser.parse_args(words)
    if given.list:
        recording = SwitchRecording(given.out)
        for job in all_jobs():
            done = "recorded" if recording.has(vars(job)) else "missing"
            print(f"{done:9}{job.table}, {job.switch}, seed {job.seed}")
        return
    for line in record(given.out, given.text):
        print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
