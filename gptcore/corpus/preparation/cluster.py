"""Preparing on many machines: the same shards as `gptcore prepare`, bit for bit, made by datatrove.

    write_plan    here: writes a plan of all shards into the folder; reads only the ends of files
    MakeShards    everywhere: task r of n checks files r, r+n, ... and makes shards r, r+n, ...
    FinishShards  somewhere: checks every shard, makes what is missing, writes manifest.json

All machines must see the sources and the folder under the same paths. A task that was killed or ran
twice does no harm: intact shards are not made again. `on_cluster.py` runs these steps here, on
Slurm or on Ray; `gptcore prepare` can finish such a folder, too. datatrove has steps for filters.
Source: Penedo et al., datatrove, github.com/huggingface/datatrove; FineWeb was made with it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gptcore.checks import as_path
from gptcore.corpus.downloads.source import Source
from gptcore.corpus.preparation.plan import (
    DEFAULT_SETTINGS,
    ShardSettings,
    changed_settings,
    changed_sources,
    new_plan,
)
from gptcore.corpus.preparation.prepare import check_sources, prepare
from gptcore.corpus.preparation.progress import (
    PrepareRequest,
    check_same_request,
    intact_shards,
    load_progress,
    mismatch_error,
)
from gptcore.corpus.preparation.shard_writer import make_shard, row_group_ranges
from gptcore.corpus.reading.sources import absolute_specs, resolve_sources
from gptcore.files import lock_folder, read_json, write_json
from gptcore.optional import PackageMissingError
from gptcore.tokenizers.registry import load_tokenizer
from gptcore.tokenizers.tokenizer import Tokenizer

try:
    from datatrove.pipeline.base import PipelineStep
except ModuleNotFoundError as error:
    if (error.name or "").split(".")[0] != "datatrove":
        raise  # it is here; what it needs itself is not
    raise PackageMissingError("Preparing on many machines", "datatrove") from None


def write_plan(
    sources: str | Path | Sequence[str | Path],
    out: str | Path,
    tokenizer: str | Path = "gpt2",
    settings: ShardSettings = DEFAULT_SETTINGS,
) -> int:
    """Write the plan, unless it exists; return the number of shards, which limits the tasks.

    The tokenizer is given by name or file, because every machine must load it. The arguments and
    the errors are those of `prepare`.
    """
    specs = [str(one) for one in ([sources] if isinstance(sources, str | Path) else sources)]
    prepare(specs, out, tokenizer, 1, settings)  # checks the arguments; works only when iterated
    folder, known = as_path(out), load_tokenizer(tokenizer)
    folder.mkdir(parents=True, exist_ok=True)
    with lock_folder(folder):
        plan, _, finished = load_progress(folder)
        if plan:
            same = PrepareRequest(specs, folder, known, str(tokenizer), 1, settings)
            check_same_request(plan, same, finished)
        else:
            found = resolve_sources(specs, settings, out=folder)
            plan = new_plan(absolute_specs(specs), found, known, str(tokenizer), settings)
            write_json(folder / "plan.json", plan)
    return len(plan["shards"])


class MakeShards(PipelineStep):  # type: ignore[misc]  # datatrove has no types
    """Makes every n-th shard of the plan in a folder, for n tasks; passes documents on."""

    name = "gptcore shards"
    type = "shards"

    def __init__(self, folder: str | Path):
        super().__init__()
        self.folder = Path(folder).absolute()

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        yield from data or ()
        plan, made, finished = load_progress(self.folder)
        if finished:
            return
        found, tokenizer, settings = load_planned(plan, self.folder)
        check_source_files(plan, found, self.folder, rank, world_size)
        mine = range(rank, len(plan["shards"]), world_size)
        intact = intact_shards(self.folder, {n: row for n, row in made.items() if n in mine})
        for number in mine:
            if number not in intact:
                ranges = row_group_ranges(plan, found, number)
                shard = make_shard(self.folder, number, ranges, tokenizer, settings)
                tokens = shard.train.tokens + shard.val.tokens
                self.stat_update("tokens", value=tokens, unit="shard")


class FinishShards(PipelineStep):  # type: ignore[misc]  # datatrove has no types
    """Writes the manifest of a folder; one task, after those of `MakeShards`."""

    name = "gptcore manifest"
    type = "shards"

    def __init__(self, folder: str | Path):
        super().__init__()
        self.folder = Path(folder).absolute()

    def run(self, data: Any = None, rank: int = 0, world_size: int = 1) -> Iterator[Any]:
        yield from data or ()
        if rank:
            return
        plan, _, finished = load_progress(self.folder)
        if not finished:
            found, *_ = load_planned(plan, self.folder)
            check_source_files(plan, found, self.folder, 0, 1)  # those that no task has checked
            plan["sources"] = [
                read_json(source_record_path(self.folder, n)) for n in range(len(found))
            ]
            write_json(self.folder / "plan.json", plan)
        settings = ShardSettings(**plan["settings"])
        tokenizer = tokenizer_spec(plan, self.folder)
        for step in prepare(plan["specs"], self.folder, tokenizer, 1, settings):
            self.stat_update(step.stage)
        for record in self.folder.glob("source_*.json"):
            record.unlink()


def load_planned(
    plan: dict[str, Any], folder: Path
) -> tuple[list[Source], Tokenizer, ShardSettings]:
    """Sources, tokenizer and settings of the plan, as this machine has them.

    Raises:
        ValueError: If this machine has something else under one of the names.
    """
    settings = ShardSettings(**plan["settings"])
    found = resolve_sources(plan["specs"], settings, out=folder).sources
    name = plan["tokenizer"]["name"]
    tokenizer = load_tokenizer(tokenizer_spec(plan, folder))
    changes = changed_settings(plan, tokenizer, name, settings) + changed_sources(
        plan, found, require_all=True
    )
    if changes:
        raise mismatch_error(plan, folder, changes)
    return found, tokenizer, settings


def tokenizer_spec(plan: dict[str, Any], folder: Path) -> str:
    """What loads the tokenizer: a published name, or the file of the plan, which contains it."""
    if "saved" not in plan["tokenizer"]:
        return str(plan["tokenizer"]["name"])
    return str(folder / ("manifest.json" if (folder / "manifest.json").exists() else "plan.json"))


def check_source_files(
    plan: dict[str, Any], found: Sequence[Source], folder: Path, rank: int, world_size: int
) -> None:
    """Record the hash of every `world_size`-th file from `rank` on that has none yet.

    Raises:
        SourceDamagedError: If another hash was known; then there will be no manifest.
    """
    turn = range(rank, len(found), world_size)
    mine = [number for number in turn if not source_record_path(folder, number).exists()]
    for _ in check_sources(plan, found, mine, workers=1):
        pass
    for number in mine:
        write_json(source_record_path(folder, number), plan["sources"][number])


def source_record_path(folder: Path, source: int) -> Path:
    """The file in which a task records the hash of a source."""
    return folder / f"source_{source:06}.json"
