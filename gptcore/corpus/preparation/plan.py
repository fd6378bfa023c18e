"""The plan: what goes into which shard, and what must not change when a run is resumed.

It depends only on sources and settings, not on the number of workers. It is written as `plan.json`
before the first shard, and becomes part of `manifest.json` after the last.
"""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from gptcore.corpus.downloads.source import Source
from gptcore.corpus.reading.document_ids import split_by
from gptcore.corpus.reading.documents import has_many_lines, row_groups
from gptcore.corpus.reading.formats import known_format
from gptcore.corpus.reading.rows import ReaderOptions
from gptcore.corpus.reading.skipped import format_skipped, group_by_reason
from gptcore.corpus.reading.sources import ResolvedSources
from gptcore.corpus.shards.shards import format_for
from gptcore.tokenizers.openai import ENCODINGS
from gptcore.tokenizers.registry import to_saved_dict
from gptcore.tokenizers.tokenizer import Tokenizer

PLAN_FORMAT = 2  # of plan.json and manifest.json; raised when a key changes
MIN_SHARDS = 16  # so that a small corpus keeps several workers busy, too


@dataclass(frozen=True)
class ShardSettings(ReaderOptions):
    """What determines the shards besides sources and tokenizer.

    Attributes:
        column, document, bad_text: As in `ReaderOptions`.
        val_share: Fraction of the documents for validation, chosen by a hash of their ids.
        shard_bytes: About how many bytes of text go into a shard.

    Example:
        >>> ShardSettings(val_share=0.1, shard_bytes=2**20).column
        'text'
    """

    val_share: float = 0.005  # of the documents, by a hash of their ids
    shard_bytes: int = 100_000_000  # of text in a shard; some 22 million tokens of English

    def __post_init__(self) -> None:
        if not 0 <= self.val_share <= 1:
            raise ValueError(
                f"val_share={self.val_share} must be from 0 (no validation) to 1; 0.005 is usual."
            )
        if self.document not in ("line", "file", None) or self.bad_text not in ("stop", "replace"):
            raise ValueError(
                f"document={self.document!r} must be 'file' or 'line' (or None, which is 'file' "
                f"with a note), and bad_text={self.bad_text!r} 'stop' or 'replace'."
            )
        if self.shard_bytes < 1:
            raise ValueError(f"shard_bytes={self.shard_bytes} must be 1 or more.")


DEFAULT_SETTINGS = ShardSettings()


def plan_shards(sources: Sequence[Source], settings: ShardSettings) -> list[dict[str, Any]]:
    """For each shard its ranges [source, first row group, stop], and the bytes of their text."""
    groups = [
        (number, group, size_bytes)
        for number, source in enumerate(sources)
        for group, size_bytes in enumerate(row_groups(source.path, options_for(source, settings)))
    ]
    if not groups:
        raise ValueError("There is no text in the sources: every file of them is empty.")
    total = sum(size for _, _, size in groups)
    count = max(-(-total // settings.shard_bytes), min(MIN_SHARDS, len(groups)))
    shards: dict[int, dict[str, Any]] = {}  # a few of the `count`, if row groups are larger
    before = 0
    for number, group, size in groups:
        place = min(count - 1, (before + size // 2) * count // max(1, total))
        shard = shards.setdefault(place, {"row_groups": [], "text_bytes": 0})
        spans = shard["row_groups"]
        if spans and spans[-1][0] == number:
            spans[-1][2] = group + 1
        else:
            spans.append([number, group, group + 1])
        shard["text_bytes"] += size
        before += size
    return list(shards.values())


def options_for(source: Source, settings: ReaderOptions) -> ReaderOptions:
    """How one file is read: the settings first, then what is known of the text."""
    return replace(settings, document=settings.document or source.document or "file")


def new_plan(
    specs: Sequence[str],
    found: ResolvedSources,
    tokenizer: Tokenizer,
    name: str,
    settings: ShardSettings,
) -> dict[str, Any]:
    """The content of `plan.json`; the hashes of the sources are added later.

    Warns of skipped files, and where the kind of document was a guess.
    """
    shards = plan_shards(found.sources, settings)
    all_options = [options_for(source, settings) for source in found.sources]
    paths = [source.path for source in found.sources]
    splits = split_by(list(zip(paths, all_options)))
    warn_about_sources(found, settings)
    return {
        "format": PLAN_FORMAT,
        "specs": list(specs),
        "command": command_line(specs, name, settings),
        "settings": asdict(settings),
        "tokenizer": {
            "name": name,
            "sha256": tokenizer.sha256,
            "vocab_size": tokenizer.vocab_size,
            "end_of_text": tokenizer.end_of_text,
            **saved_tokenizer(tokenizer, name),
        },
        "dtype": format_for(tokenizer.vocab_size).dtype.name,
        "sources": [
            source_entry(source, options, by)
            for source, options, by in zip(found.sources, all_options, splits)
        ],
        "skipped": group_by_reason(found.skipped),
        "shards": shards,
    }


def saved_tokenizer(tokenizer: Tokenizer, name: str) -> dict[str, Any]:
    """A tokenizer of your own, saved with the shards: its file may be moved or overwritten."""
    saved = None if name in ENCODINGS else to_saved_dict(tokenizer)
    return {} if saved is None else {"saved": saved}


def warn_about_sources(found: ResolvedSources, settings: ShardSettings) -> None:
    """Warn of skipped files, and of text files that may be lists of documents."""
    for line in format_skipped(group_by_reason(found.skipped)):
        warnings.warn(line, stacklevel=2)
    if settings.document is not None:
        return
    texts = [source for source in found.sources if source.document is None and is_text(source)]
    if lists := [source.name for source in texts if has_many_lines(source.path)]:
        more = f", and {len(lists) - 1:,} more with several lines" if len(lists) > 1 else ""
        warnings.warn(
            f"{lists[0]}{more}: the whole file is taken as one document. If every line is a "
            "document of its own, say --document line; --document file says that it is right so.",
            stacklevel=2,
        )


def is_text(source: Source) -> bool:
    """Whether the file is plain text, in which nothing says where a document ends."""
    return known_format(source.path).kind == "text"


def command_line(specs: Sequence[str], name: str, settings: ShardSettings) -> list[str]:
    """The command that makes the same shards again, without the folder."""
    words = ["gptcore", "prepare", *specs, "--tokenizer", name]
    defaults = asdict(DEFAULT_SETTINGS)
    for key, value in asdict(settings).items():
        if value != defaults[key]:
            words += [f"--{key}", str(value)]
    return words


def source_entry(source: Source, options: ReaderOptions, by: str) -> dict[str, Any]:
    """A source in plan and manifest; keys that have their default are left out."""
    found = {"name": source.name, "bytes": source.bytes, "sha256": source.sha256}
    if source.revision:
        found["revision"] = source.revision
    if is_text(source):
        found["document"] = options.document
    if by != "id":
        found["split_by"] = by
    return found


def changed_settings(
    plan: dict[str, Any], tokenizer: Tokenizer, name: str, settings: ShardSettings
) -> list[str]:
    """The settings and the tokenizer that differ from the plan, in lines."""
    changes = []
    if plan["tokenizer"]["sha256"] != tokenizer.sha256:
        changes.append(f"tokenizer: {plan['tokenizer']['name']}, now {name}")
        if plan["tokenizer"]["name"] == name:
            changes[-1] += " with another vocabulary"
    before = plan["settings"]
    for key, value in asdict(settings).items():
        if key == "document" and value is None:
            continue  # not given: as before
        if key == "bad_text" and before.get(key) == "stop":
            continue  # it did not stop for what is made, so that is the same either way
        if before.get(key) != value:
            changes.append(f"{key}: {before.get(key)}, now {value}")
    return changes


def changed_sources(
    plan: dict[str, Any], sources: Sequence[Source], require_all: bool
) -> list[str]:
    """The files that differ from the plan, in lines; files are known by name, size and order.

    Unless `require_all`, files of the plan may be missing.
    """
    before = [(Path(row["name"]).name, row["bytes"]) for row in plan["sources"]]
    now = [(Path(source.name).name, source.bytes) for source in sources]
    new, gone = Counter(now) - Counter(before), Counter(before) - Counter(now)
    changes = [f"source: {name} with {size:,} bytes is new" for name, size in new]
    if require_all:
        changes += [f"source: {name} with {size:,} bytes is missing" for name, size in gone]
        changes += ["sources: in another order"] if not changes and now != before else []
    return changes
