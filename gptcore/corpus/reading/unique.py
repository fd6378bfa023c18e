"""The one column of a table that bears a name."""

from collections.abc import Sequence
from pathlib import Path


def position_of(path: Path, columns: Sequence[str], name: str) -> int | None:
    """Where the column stands; None if there is none.

    Raises: ValueError if several bear the name: nobody could say which of them is meant.
    """
    if (count := list(columns).count(name)) > 1:
        raise ValueError(
            f"{path} has {count} columns called {name!r}, so it is not clear which one is meant. "
            "Write the table again with a name of its own for each of them."
        )
    return list(columns).index(name) if count else None
