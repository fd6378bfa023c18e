"""Every file below a folder: those that are read, and for all others why they are not.

Links are followed; a folder that was seen already is not entered again, so that a link to a folder
above does no harm.
"""

import os
from pathlib import Path

from gptcore.corpus.reading.documents import content_format, read_documents, row_groups
from gptcore.corpus.reading.formats import COMPRESSIONS, format_from_name
from gptcore.corpus.reading.rows import ReaderOptions
from gptcore.corpus.reading.skipped import SkippedFile
from gptcore.files import is_plan
from gptcore.json_text import parse_json


def files_below(
    folder: Path, options: ReaderOptions, out: Path | None = None
) -> tuple[list[Path], list[SkippedFile]]:
    """The files that can be read, in an order that does not depend on the machine; and the rest.

    `out` is the folder that the shards go to, which may lie in the same folder.
    """
    files, skipped = walk(folder, out)
    reasons = {path: unreadable_reason(path, options) for path in files}
    skipped += [SkippedFile(str(path), reason) for path, reason in reasons.items() if reason]
    readable = sorted(path for path, reason in reasons.items() if not reason)
    names: dict[Path, Path] = {}  # where a file really is -> the name under which it is taken
    for path in sorted(readable, key=lambda path: (path.is_symlink(), path)):
        names.setdefault(path.resolve(), path)
    duplicates = {path for path in readable if names[path.resolve()] != path}
    skipped += [
        SkippedFile(with_link_target(path), "linked to a file that is taken already")
        for path in duplicates
    ]
    return [path for path in readable if path not in duplicates], sorted(skipped)


def walk(folder: Path, out: Path | None) -> tuple[list[Path], list[SkippedFile]]:
    """Every file below the folder, and what is neither opened nor entered.

    Folders come first, links to folders last: what is there under its own name keeps that name.
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
                        with_link_target(current), "linked to a folder that is read already"
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
    """The path, and of a link where it leads."""
    return f"{path} -> {os.readlink(path)}" if path.is_symlink() else str(path)


def skip_reason(path: Path, folder: Path) -> str:
    """Why a path below the folder is neither opened nor entered; "" if it is."""
    if path.name.startswith("."):
        return "hidden (the name begins with a dot)"
    if path.is_dir():
        if path.is_symlink() and path.resolve() in folder.resolve().parents:
            return "linked to a folder above"
        return "made by gptcore prepare (a folder of shards)" if is_shard_folder(path) else ""
    return "" if path.is_file() else describe_non_file(path)


def describe_non_file(path: Path) -> str:
    """Why what is no file, and no folder, is none."""
    return "linked to nothing (a broken link)" if path.is_symlink() else "no file but a device"


def is_shard_folder(folder: Path) -> bool:
    """Whether `gptcore prepare` made the folder, or is at it."""
    for name in ("manifest.json", "plan.json"):
        try:
            found = parse_json((folder / name).read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if is_plan(found):
            return True
    return False


def unreadable_reason(path: Path, options: ReaderOptions) -> str:
    """Why a file below a folder is not read; "" if it is.

    JSON and CSV often say something about the texts beside them, and are none themselves.
    """
    found = format_from_name(path)
    if found is None:
        ending = "".join(path.suffixes[-2:] if path.suffix in COMPRESSIONS else path.suffixes[-1:])
        return f"of a kind that is not read ({ending.lower() or 'no ending'})"
    if found.kind not in ("json", "csv"):
        return ""
    try:
        if content_format(path).kind == "jsonl" or row_groups(path, options):
            next(read_documents(path, 0, options), None)
        return ""
    except (ValueError, OSError) as error:
        problem = str(error).replace(f"{path}", "").strip(" ,:")
        return f"{found.kind.upper()} ({problem[:300].rstrip('.')})"
