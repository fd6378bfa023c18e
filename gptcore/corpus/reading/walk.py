"""Find every file below a folder: those that can be read, and the reasons for all others.

Links are followed. A folder is visited once, so a link to a parent folder does no harm.
"""

import os
from pathlib import Path

from gptcore.corpus.reading.documents import content_format, read_documents, row_groups
from gptcore.corpus.reading.formats import COMPRESSIONS, format_from_name
from gptcore.corpus.reading.rows import ReaderOptions
from gptcore.corpus.reading.skipped import SkippedFile
from gptcore.files import is_plan
from gptcore.json_text import parse_json


def find_files(
    folder: Path, options: ReaderOptions, out: Path | None = None
) -> tuple[list[Path], list[SkippedFile]]:
    """The readable files in an order that does not depend on the machine; and the skipped ones.

    `out` is the folder of the shards, which may be inside the same folder.
    """
    files, skipped = walk(folder, out)
    reasons = {path: unreadable_reason(path, options) for path in files}
    skipped += [SkippedFile(str(path), reason) for path, reason in reasons.items() if reason]
    readable = sorted(path for path, reason in reasons.items() if not reason)
    names: dict[Path, Path] = {}  # resolved path -> the name that is used
    for path in sorted(readable, key=lambda path: (path.is_symlink(), path)):
        names.setdefault(path.resolve(), path)
    duplicates = {path for path in readable if names[path.resolve()] != path}
    skipped += [
        SkippedFile(with_link_target(path), "a link to a file that is read already")
        for path in duplicates
    ]
    return [path for path in readable if path not in duplicates], sorted(skipped)


def walk(folder: Path, out: Path | None) -> tuple[list[Path], list[SkippedFile]]:
    """Every file below the folder, and what is skipped.

    Folders come first, links to folders last, so that a folder keeps its own name.
    """
    files: list[Path] = []
    skipped: list[SkippedFile] = []
    folders, links = [folder], list[Path]()
    visited = {out.resolve()} if out else set()
    while folders or links:
        current = folders.pop() if folders else links.pop(0)
        if current.resolve() in visited:
            if current.is_symlink():
                skipped.append(
                    SkippedFile(
                        with_link_target(current), "a link to a folder that is read already"
                    )
                )
            continue
        visited.add(current.resolve())
        try:
            for path in sorted(current.iterdir()):
                if reason := skip_reason(path, folder):
                    skipped.append(SkippedFile(with_link_target(path), reason))
                elif path.is_dir():
                    (links if path.is_symlink() else folders).append(path)
                else:
                    files.append(path)
        except OSError as error:
            skipped.append(SkippedFile(str(current), f"not readable ({error.strerror})"))
        links.sort()
    return files, skipped


def with_link_target(path: Path) -> str:
    """The path, and the target of a link."""
    return f"{path} -> {os.readlink(path)}" if path.is_symlink() else str(path)


def skip_reason(path: Path, folder: Path) -> str:
    """Why a path below the folder is skipped; "" if it is not."""
    if path.name.startswith("."):
        return "hidden (the name begins with a dot)"
    if path.is_dir():
        if path.is_symlink() and path.resolve() in folder.resolve().parents:
            return "a link to a parent folder"
        return "made by gptcore prepare (a folder of shards)" if is_shard_folder(path) else ""
    return "" if path.is_file() else describe_non_file(path)


def describe_non_file(path: Path) -> str:
    """What a path is that is neither a file nor a folder."""
    return "a broken link" if path.is_symlink() else "a device, not a file"


def is_shard_folder(folder: Path) -> bool:
    """Whether `gptcore prepare` made the folder or is making it."""
    for name in ("manifest.json", "plan.json"):
        try:
            found = parse_json((folder / name).read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if is_plan(found):
            return True
    return False


def unreadable_reason(path: Path, options: ReaderOptions) -> str:
    """Why a file is skipped; "" if it is read. JSON and CSV files are often metadata, not text."""
    found = format_from_name(path)
    if found is None:
        ending = "".join(path.suffixes[-2:] if path.suffix in COMPRESSIONS else path.suffixes[-1:])
        return f"of an unsupported format ({ending.lower() or 'no suffix'})"
    if found.kind not in ("json", "csv"):
        return ""
    try:
        if content_format(path).kind == "jsonl" or row_groups(path, options):
            next(read_documents(path, 0, options), None)
        return ""
    except (ValueError, OSError) as error:
        problem = str(error).replace(f"{path}", "").strip(" ,:")
        return f"{found.kind.upper()} ({problem[:300].rstrip('.')})"
