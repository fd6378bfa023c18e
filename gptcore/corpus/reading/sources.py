"""Resolve source specs: files, folders, globs, named texts, and FineWeb's files on the hub.

The result is a list of files on this machine, in an order that does not depend on the machine, and
a list of skipped files.
"""

import glob
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from gptcore.checks import as_path, nearest_name
from gptcore.corpus.downloads.dataset_name import parse_dataset_name
from gptcore.corpus.downloads.source import Source, SourceDamagedError
from gptcore.corpus.reading.formats import FORMATS, SUPPORTED, format_from_name, unsupported_advice
from gptcore.corpus.reading.rows import DEFAULT_OPTIONS, ReaderOptions
from gptcore.corpus.reading.skipped import SkippedFile, format_skipped, group_by_reason
from gptcore.corpus.reading.walk import describe_non_file, find_files, with_link_target
from gptcore.files import sha256_of
from gptcore.manifest import UnknownTextError, all_texts, find_text, text_exists, text_path

HUB_PREFIXES = ("fineweb:", "fineweb-edu:")
SINGLE_DOCUMENT_TEXTS = ("shakespeare",)  # of other named texts every line is a document
SPEC_KINDS = (
    "a file, a folder, a quoted glob, the name of a text, a name such as fineweb:..., or a data "
    "set of the Hub such as roneneldan/TinyStories"
)


@dataclass(frozen=True)
class ResolvedSources:
    """The files that are meant, and those among them that are skipped."""

    sources: list[Source]
    skipped: list[SkippedFile] = field(default_factory=list)


def verify_source(source: Source, known: str = "") -> str:
    """The SHA-256 of the file, compared with the known one, if any.

    Raises:
        SourceDamagedError: If they differ.
    """
    expected, found = known or source.sha256, sha256_of(source.path)
    if expected in ("", found):
        return found
    way_out = "Restore the old file, or prepare this one into another folder."
    if is_named_source(source.name):
        way_out = f"Download it again: gptcore fetch {source.name} --again"
    raise SourceDamagedError(
        f"{source.path} is damaged, or another file than before: expected sha256 {expected}, got "
        f"{found}. {way_out}"
    )


def absolute_specs(specs: Sequence[str]) -> list[str]:
    """The same specs with absolute paths, so they mean the same files from any working folder."""
    return [one if is_named_source(one) else str(as_path(one).absolute()) for one in specs]


def is_named_source(spec: str) -> bool:
    """Whether a spec is the name of a text or of a file on the hub."""
    named_text = spec in all_texts() or spec.startswith(HUB_PREFIXES)
    return bool(named_text or parse_dataset_name(spec)) and not as_path(spec).exists()


def resolve_sources(
    specs: Sequence[str],
    options: ReaderOptions = DEFAULT_OPTIONS,
    missing_ok: bool = False,
    out: Path | None = None,
) -> ResolvedSources:
    """The files that are meant, each once: in the order of `specs`, in a folder by name.

    Args:
        specs: Files, folders, globs, names of texts, or names of files on the hub.
        options: How the files would be read, to see whether they can be.
        missing_ok: Whether files that are not on this machine are left out silently.
        out: The folder of the shards, which is never a source.

    Raises:
        ValueError: If something does not exist, is named twice, or is of an unsupported format.
        OSError: If the hub cannot be reached.
    """
    if not specs:
        raise ValueError(f"Say what to prepare: {SPEC_KINDS}")
    found = [expand_spec(one, options, missing_ok, out) for one in specs]
    sources = [source for part in found for source in part.sources]
    seen: set[Path] = set()
    for source in sources:
        path_of_text = source.path.resolve()
        if path_of_text in seen:
            raise ValueError(f"{source.name} is named twice. Name each file once.")
        seen.add(path_of_text)
    return ResolvedSources(sources, [one for part in found for one in part.skipped])


def expand_spec(
    spec: str, options: ReaderOptions, missing_ok: bool, out: Path | None
) -> ResolvedSources:
    """The files that one spec means."""
    path = as_path(spec, "A source")
    if path.is_file():
        return ResolvedSources([local_source(path)])
    if path.is_dir():
        return expand_folder(path, options, missing_ok, out)
    if missing_ok:
        return expand_glob(spec, path, missing_ok) if glob.has_magic(spec) else ResolvedSources([])
    if path.exists() or path.is_symlink():
        raise ValueError(describe_special_file(path))
    if dataset := parse_dataset_name(spec):
        from gptcore.corpus.downloads import hub_dataset  # noqa: PLC0415 - loads huggingface_hub

        return ResolvedSources(hub_dataset.ensure_files(dataset))
    if spec.startswith(HUB_PREFIXES):
        from gptcore.corpus.downloads import hub  # noqa: PLC0415 - loads huggingface_hub

        return ResolvedSources([hub.ensure_local(spec)])
    if glob.has_magic(spec):
        return expand_glob(spec, path, missing_ok)
    return ResolvedSources([named_source(spec, path)])


def expand_folder(
    folder: Path, options: ReaderOptions, missing_ok: bool, out: Path | None
) -> ResolvedSources:
    """Every supported file below the folder."""
    paths, skipped = find_files(folder, options, out)
    if not paths and not missing_ok:
        listing = "".join(f"\n  {line}" for line in format_skipped(group_by_reason(skipped)))
        raise ValueError(
            f"The folder {folder} has no file that ends in {SUPPORTED}. Name the folder that has "
            f"them, or the files.{listing}"
        )
    return ResolvedSources([local_source(path) for path in paths], skipped)


def expand_glob(spec: str, path: Path, missing_ok: bool) -> ResolvedSources:
    """The files that a pattern matches; other matches are skipped."""
    found = [Path(name) for name in sorted(glob_paths(path))]
    files, skipped = [], []
    for one in found:
        if one.is_dir():
            if not any(one in other.parents for other in found):
                skipped.append(SkippedFile(str(one), "a folder that the pattern matches, too"))
        elif not one.is_file():
            skipped.append(SkippedFile(with_link_target(one), describe_non_file(one)))
        else:
            files.append(local_source(one))
    if not files and not missing_ok:
        listing = "".join(f"\n  {line}" for line in format_skipped(group_by_reason(skipped)))
        raise ValueError(f"No file matches {spec!r}. {list_nearby(path)}{listing}")
    return ResolvedSources(files, skipped)


def glob_paths(path: Path) -> list[str]:
    """What the pattern matches; brackets in the name of a folder are not a pattern."""
    found = glob.glob(str(path), recursive=True)
    if found:
        return found
    root = existing_parent(path)
    return glob.glob(str(Path(glob.escape(str(root))) / path.relative_to(root)), recursive=True)


def existing_parent(path: Path) -> Path:
    """The longest part of the path, from the left, that is a folder."""
    return next((parent for parent in path.parents if parent.is_dir()), Path())


def list_nearby(path: Path) -> str:
    """What is in the folder where a pattern was looked for."""
    root = existing_parent(path)
    names = sorted(other.name for other in root.iterdir())
    shown = ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
    return f"The folder {root} has: {shown or 'nothing'}."


def describe_special_file(path: Path) -> str:
    """What is wrong with a path that is neither a file nor a folder."""
    if path.is_symlink() and not path.exists():
        return (
            f"{with_link_target(path)} is a broken link: its target does not exist. "
            "Restore the target, or name the file itself."
        )
    return (
        f"{path} is a pipe or a device, which can be read only once; prepare reads twice. Write "
        "its text into a file, and use that."
    )


def local_source(path: Path) -> Source:
    """A file that was given by its path; its suffix says its format."""
    if format_from_name(path) is None:
        ending = f"ends in {path.suffix!r}" if path.suffix else "has no suffix"
        raise ValueError(
            f"{path} {ending}; files of documents end in {SUPPORTED}. {unsupported_advice(path)}"
        )
    return Source(path, str(path), path.stat().st_size)


def named_source(spec: str, path: Path) -> Source:
    """A text of data/manifest.toml; or the error for a path that does not exist."""
    try:
        text = find_text(spec)
    except UnknownTextError:
        folder = path.parent
        listing = [other.name for other in folder.iterdir()] if folder.is_dir() else []
        near = nearest_name(path.name, listing, 0.5)
        guess = f"Did you mean {shlex.quote(str(folder / near))}?" if near else f"Give {SPEC_KINDS}"
        raise ValueError(f"There is no {spec!r}. {guess}") from None
    if not text_exists(text):
        raise ValueError(
            f"The text {spec!r} is not on this machine. Download it with: gptcore fetch {spec}"
        )
    path_of_text = text_path(text)
    if FORMATS.get(path_of_text.suffix) not in ("text", "jsonl", "parquet"):
        raise ValueError(f"{spec!r} is not a text to train on.")
    sha256 = "" if text.shipped else text.sha256
    document: Literal["file", "line"] = "file" if spec in SINGLE_DOCUMENT_TEXTS else "line"
    return Source(path_of_text, spec, path_of_text.stat().st_size, sha256, document=document)
