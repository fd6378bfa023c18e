"""What lies among the sources and is not taken: which files, how many, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

SHOWN = 3  # names on the screen; the manifest has them all


@dataclass(frozen=True, order=True)
class SkippedFile:
    """A file, or a whole folder, that is not taken."""

    name: str
    reason: str


def by_reason(skipped: Iterable[SkippedFile]) -> list[dict[str, Any]]:
    """As a manifest shows them: for each reason how many, and all of their names."""
    names: dict[str, list[str]] = {}
    for one in skipped:
        names.setdefault(one.reason, []).append(one.name)
    return [
        {"reason": reason, "count": len(found), "names": found} for reason, found in names.items()
    ]


def format_skipped(rows: Iterable[dict[str, Any]]) -> list[str]:
    """A line for each reason, for the screen."""
    lines = []
    for row in rows:
        shown = ", ".join(row["names"][:SHOWN])
        more = f" and {row['count'] - SHOWN:,} more" if row["count"] > SHOWN else ""
        lines.append(f"left out: {row['count']:,} {row['reason']}: {shown}{more}")
    return lines
