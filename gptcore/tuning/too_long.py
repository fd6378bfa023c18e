"""Examples that are longer than the context of the model are left out, said and counted."""

import warnings
from collections.abc import Sequence

MAX_NAMED = 5  # examples in one warning


def warn_too_long(too_long: Sequence[str], n_kept: int, name: str, block_size: int) -> None:
    """Warn that some examples are left out.

    An answer without its end would teach never to stop, so nothing is cut.

    Args:
        too_long: Where they are from, and how long they are.
        n_kept: Examples that remain.
        name: What they are, in the plural.
        block_size: Tokens of the context.

    Raises:
        ValueError: If nothing remains.
    """
    if not too_long:
        return
    more = f"; and {len(too_long) - MAX_NAMED} more" if len(too_long) > MAX_NAMED else ""
    message = (
        f"{len(too_long)} of {len(too_long) + n_kept} {name} are longer than the {block_size} "
        f"tokens of the context and are left out: {'; '.join(too_long[:MAX_NAMED])}{more}."
    )
    if not n_kept:
        raise ValueError(f"{message} Nothing remains. Give shorter ones, or a longer context.")
    warnings.warn(message, stacklevel=3)
