"""Prepare text on many machines, or on this one as they would do it: a script, ready to be changed.

On this machine, four tasks at a time, to see that everything is found:

    python -m gptcore.corpus.preparation.on_cluster "text/*.parquet" --out shards --workers 4

With Slurm, from the login node: it submits an array of tasks, and a job that waits for them.
`--activate` is the line after which `python` on a node has this project, and datatrove:

    python -m gptcore.corpus.preparation.on_cluster "/shared/fineweb/*.parquet" \\
        --out /shared/shards \\
        --on slurm --tasks 500 --workers 100 --partition cpu --time 04:00:00 \\
        --activate "source /shared/env/bin/activate"

With Ray, from the head of a running cluster that has `pip install 'datatrove[ray]'` everywhere:

    python -m gptcore.corpus.preparation.on_cluster "/shared/fineweb/*.parquet" \\
        --out /shared/shards \\
        --on ray --tasks 500 --workers 100

A task is one process. Started again, the same line does what is missing. Our tests run the whole of
it here, and with Slurm's commands replaced by stand-ins; Ray is untested.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from subprocess import CalledProcessError
from typing import Annotated, Any, Literal

import tyro

from gptcore.checks import as_path
from gptcore.corpus.preparation.cluster import FinishShards, MakeShards, write_plan
from gptcore.corpus.preparation.plan import ShardSettings
from gptcore.optional import optional_import

PROGRAM = "python -m gptcore.corpus.preparation.on_cluster"


@dataclass
class OnCluster:
    """Make shards with datatrove: here, on Slurm, or on Ray."""

    sources: Annotated[tuple[str, ...], tyro.conf.Positional]
    """files, folders, quoted globs; every machine must see them under these names"""
    out: Path
    """folder of the shards, which every machine must see, too"""
    tokenizer: str = "gpt2"
    """gpt2, cl100k_base, o200k_base, or the JSON file of one that you trained"""
    on: Literal["here", "slurm", "ray"] = "here"
    """where the tasks run"""
    tasks: int = 100
    """into how many the work is cut; no more than there are shards"""
    workers: int = 1
    """how many tasks run at a time"""
    logs: Path | None = None
    """folder for datatrove's logs, seen by every machine; default: OUT-logs"""
    partition: str = "cpu"
    """of Slurm"""
    time: str = "04:00:00"
    """how long Slurm lets a task run"""
    activate: str = ""
    """what a job of Slurm does first"""
    column: str = "text"
    """column or field that has the text"""
    document: Literal["file", "line"] | None = None
    """what one document is in a .txt file: the whole file, or every line"""
    val_share: float = 0.005
    """share of the documents that is set aside for validation"""
    shard_bytes: int = 100_000_000
    """about so many bytes of text go into a shard"""

    def run(self) -> None:
        settings = ShardSettings(
            self.column, self.document, val_share=self.val_share, shard_bytes=self.shard_bytes
        )
        self.out = as_path(self.out, "--out")
        shards = write_plan(self.sources, self.out, self.tokenizer, settings)
        make = self.executor(MakeShards(self.out), "make", max(1, min(self.tasks, shards)))
        finish = self.executor(FinishShards(self.out), "finish", 1, depends=make)
        finish.run()  # which runs, or submits, what it depends on first

    def executor(self, step: Any, name: str, tasks: int, depends: Any = None) -> Any:
        """One step in so many tasks, after those of `depends`."""
        logs = (self.logs or self.out.with_name(f"{self.out.name}-logs")).absolute() / name
        shared = {
            "pipeline": [step],
            "tasks": tasks,
            "workers": min(self.workers, tasks),
            "logging_dir": str(logs),
            "depends": depends,
            # Trap: datatrove skips tasks that its logs call done, even where the shards are gone.
            "skip_completed": False,
        }
        if self.on == "slurm":
            if which("sbatch") is None:
                raise ValueError(
                    "--on slurm needs the command sbatch, which is not on this machine. Start this "
                    "where jobs are submitted, on the cluster's login node."
                )
            slurm = optional_import("datatrove.executor.slurm", "Slurm").SlurmPipelineExecutor
            return slurm(
                **shared,
                job_name=f"gptcore-{name}",
                partition=self.partition,
                time=self.time,
                env_command=self.activate,
            )
        if self.on == "ray":
            optional_import("ray", "--on ray")
            ray = optional_import("datatrove.executor.ray", "Ray").RayPipelineExecutor
            return ray(**shared)
        return optional_import("datatrove.executor.local", "datatrove").LocalPipelineExecutor(
            **shared
        )


def main(arguments: list[str] | None = None) -> int:
    """Run the script; the exit code."""
    try:
        tyro.cli(
            OnCluster, prog="python -m gptcore.corpus.preparation.on_cluster", args=arguments
        ).run()
    except CalledProcessError as error:
        print(f"on_cluster: Slurm did not accept the job: {error.cmd[0]} failed.", file=sys.stderr)
        return 1
    except (ValueError, OSError, ModuleNotFoundError) as error:
        print(f"on_cluster: {error}", file=sys.stderr)
        return 2 if isinstance(error, ValueError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
