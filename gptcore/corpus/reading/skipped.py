"""Files among the sources that are skipped, with the reasons."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MAX_NAMES = 3  # on the screen; the manifest has all of them


@dataclass(frozen=True, order=True)
class SkippedFile:
    """A file or a folder that is skipped."""

    name: str
    reason: str


def group_by_reason(skipped: Iterable[SkippedFile]) -> list[dict[str, Any]]:
    """For the manifest: each reason with the number of files and all their names."""
    names: dict[str, list[str]] = {}
    for one in skipped:
        names.setdefault(one.reason, []).append(one.name)
    return [
        {"reason": reason, "count": len(found), "names": found} for reason, found in names.items()
    ]


def format_skipped(rows: Iterable[dict[str, Any]]) -> list[str]:
    """For the screen: a line per reason."""
    lines = []
    for row in rows:
        shown = ", ".join(row["names"][:MAX_NAMES])
        more = f" and {row['count'] - MAX_NAMES:,} more" if row["count"] > MAX_NAMES else ""
        lines.append(f"left out: {row['count']:,} {row['reason']}: {shown}{more}")
    return lines
