"""The state of a folder of shards: empty, a plan and some shards, or complete.

It has plan.json and shard_*.json while shards are made, and manifest.json when all are complete.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gptcore.corpus.preparation.plan import (
    PLAN_FORMAT,
    ShardSettings,
    changed_settings,
    changed_sources,
)
from gptcore.corpus.preparation.shard_writer import ShardRecord
from gptcore.corpus.reading.sources import absolute_specs, resolve_sources
from gptcore.corpus.shards.shards import prepare_command
from gptcore.files import read_json, read_plan, sha256_of
from gptcore.tokenizers.tokenizer import Tokenizer


@dataclass(frozen=True)
class PrepareRequest:
    """The arguments of `prepare`, checked."""

    specs: list[str]
    folder: Path
    tokenizer: Tokenizer
    name: str  # of the tokenizer
    workers: int
    settings: ShardSettings


def load_progress(folder: Path) -> tuple[dict[str, Any], dict[int, dict[str, Any]], bool]:
    """The plan (empty if there is none), the finished shards, and whether these are all.

    Raises:
        ValueError: If the folder is used for something else.
    """
    if (folder / "manifest.json").exists():
        manifest = read_current_plan(folder / "manifest.json")
        return manifest, {row["number"]: row for row in manifest["shards"]}, True
    if (folder / "plan.json").exists():
        records = [read_json(path) for path in sorted(folder.glob("shard_*.json"))]
        return (
            read_current_plan(folder / "plan.json"),
            {row["number"]: row for row in records},
            False,
        )
    strange = [p.name for p in folder.iterdir() if p.suffix != ".part" and p.name[0] != "."]
    if strange:
        raise ValueError(
            f"{folder} has other files in it, such as {min(strange)}. Shards need a folder of "
            "their own: --out with a new name."
        )
    return {}, {}, False


def read_current_plan(path: Path) -> dict[str, Any]:
    """The content of plan.json or manifest.json.

    Raises:
        ValueError: If another program, or another version of this one, wrote it.
    """
    plan = read_plan(path)
    if plan.get("format") != PLAN_FORMAT:
        raise ValueError(
            f"{path} has format {plan.get('format', 1)}, and this version continues only format "
            f"{PLAN_FORMAT}. Prepare the text into another folder with --out."
        )
    return plan


def is_finished(request: PrepareRequest) -> bool:
    """Whether all shards are intact and no temporary file is left. Only reads.

    Raises:
        ValueError: If they were made with other settings or sources, or have no text.
    """
    folder = request.folder
    if not (folder / "manifest.json").exists() or any(temporary_files(folder)):
        return False
    plan, made, _ = load_progress(folder)
    check_same_request(plan, request, finished=True)
    check_not_empty(plan, folder, finished=True)
    return len(intact_shards(folder, made)) == len(plan["shards"])


def check_same_request(plan: dict[str, Any], request: PrepareRequest, finished: bool) -> None:
    """Check that the folder was begun with the same sources, tokenizer and settings."""
    changes = changed_settings(plan, request.tokenizer, request.name, request.settings)
    same_words = plan["specs"] in (request.specs, absolute_specs(request.specs))
    if finished:  # if the words are the same, the sources need not be there any more
        found = resolve_sources(
            request.specs, request.settings, missing_ok=same_words, out=request.folder
        )
        changes += changed_sources(plan, found.sources, require_all=not same_words)
    if changes:
        raise mismatch_error(plan, request.folder, changes)


def check_not_empty(manifest: dict[str, Any], folder: Path, finished: bool) -> None:
    """Check that a document has text. Files of an unfinished folder are removed."""
    if manifest["train"]["tokens"] + manifest["val"]["tokens"]:
        return
    names = [row["name"] for row in manifest["sources"]]
    if not finished:
        clean_up(folder)
    raise ValueError(
        f"There is no text in {', '.join(names[:3])}{' ...' if len(names) > 3 else ''}: "
        f"{manifest['empty']:,} document(s), all empty. Is the text under another name "
        f"(--column), or in other files? {f'Remove {folder}, which' if finished else folder} has "
        "no shards."
    )


def mismatch_error(plan: dict[str, Any], folder: Path, changes: list[str]) -> ValueError:
    """The error for another preparation in the same folder."""
    return ValueError(
        f"{folder} was prepared, or begun, with other settings or sources than requested now.\n"
        + "".join(f"  {line}\n" for line in changes)
        + "Give another folder with --out; or remove this one; or use the same command as before:\n"
        + f"  {prepare_command(plan, folder)}"
    )


def intact_shards(folder: Path, made: dict[int, dict[str, Any]]) -> set[int]:
    """The numbers of the shards whose files have the recorded hash."""

    def is_whole(row: dict[str, Any]) -> bool:
        slices = [row[split] for split in ("train", "val") if row[split]["file"]]
        paths = [(folder / one["file"], one["sha256"]) for one in slices]
        return all(path.is_file() and sha256_of(path) == sha256 for path, sha256 in paths)

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return {
            number for number, intact in zip(made, threads.map(is_whole, made.values())) if intact
        }


def temporary_files(folder: Path) -> Iterator[Path]:
    """Every file that only an unfinished preparation needs."""
    for pattern in ("plan.json", "shard_*.json", "shard_*.journal", "*.part"):
        yield from folder.glob(pattern)


def clean_up(folder: Path) -> None:
    """Remove the temporary files."""
    for path in list(temporary_files(folder)):
        path.unlink()


def check_unchanged(before: dict[str, Any] | None, now: ShardRecord, folder: Path) -> None:
    """Check that a shard that replaces a damaged one is what the manifest says."""
    if before and any(before[key] != value for key, value in asdict(now).items()):
        raise OSError(
            f"Shard {now.number} of {folder} was made again, and is not what the manifest says it "
            "was. Either manifest.json is damaged, or a library encodes or reads differently now. "
            "Remove the folder and prepare it again."
        )


def build_manifest(plan: dict[str, Any], made: dict[int, dict[str, Any]]) -> dict[str, Any]:
    """The plan with its results."""
    rows = [{**made[number], **shard} for number, shard in enumerate(plan["shards"])]
    totals = {
        split: {key: sum(row[split][key] for row in rows) for key in ("tokens", "documents")}
        for split in ("train", "val")
    }
    return {**plan, **totals, "empty": sum(row["empty"] for row in rows), "shards": rows}
