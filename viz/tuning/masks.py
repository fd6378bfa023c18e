"""The tokens of a conversation, its masks and its losses, as callers give them; checked."""

from collections.abc import Mapping, Sequence
from math import isfinite, nan
from typing import Any, TypeAlias

from viz.canvas.arrays import is_bool, to_numbers
from viz.canvas.visible_text import Piece
from viz.text.tokens import check_pieces

# One boolean for each token, or several masks by name.
Masks: TypeAlias = Sequence[bool] | Mapping[str, Sequence[bool]]


def read_tokens(tokens: Any, tokenizer: Any) -> tuple[list[Piece], Sequence[bool] | None]:
    """The texts of the tokens; and the mask that came with them, if there was one."""
    mask = getattr(tokens, "is_graded", None)
    ids = getattr(tokens, "ids", tokens)
    ids = ids.tolist() if hasattr(ids, "tolist") else ids
    is_ids = isinstance(ids, Sequence) and any(isinstance(one, int) for one in ids)
    if is_ids and tokenizer is None:
        raise ValueError(
            f"tokens are ids, such as {list(ids)[:4]}: give tokenizer=, or the text of each token."
        )
    pieces = [piece_of(tokenizer, id) for id in ids] if is_ids else check_pieces({"": ids})[""]
    if not pieces:
        raise ValueError("There are no tokens to draw: give those of one conversation.")
    return pieces, mask


def piece_of(tokenizer: Any, id: int) -> Piece:
    """The bytes or the text of one token."""
    if hasattr(tokenizer, "token_bytes"):
        return bytes(tokenizer.token_bytes(id))
    return str(tokenizer.decode([id]))


def read_masks(given: Masks | None, count: int) -> dict[str, list[bool]]:
    """The masks by name, "" for a single one."""
    if given is None:
        raise ValueError("is_graded is missing: give one True or False for each token.")
    masks = dict(given) if isinstance(given, Mapping) else {"": given}
    if not masks:
        raise ValueError("is_graded has no mask: give {'answers': [False, True, ...]}.")
    return {str(name): read_mask(str(name), mask, count) for name, mask in masks.items()}


def read_mask(name: str, given: Any, count: int) -> list[bool]:
    what = f"is_graded[{name!r}]" if name else "is_graded"
    mask = given.tolist() if hasattr(given, "tolist") else given
    if not hasattr(mask, "__iter__") or isinstance(mask, (str, bytes)):
        raise ValueError(f"{what} must be a list of True and False, not {given!r:.60}.")
    mask = list(mask)
    wrong = [one for one in mask if not (is_bool(one) or (type(one) is int and one in (0, 1)))]
    if wrong:
        raise ValueError(
            f"{what} must be True or False for each token, but one of them is {wrong[0]!r:.40}. "
            f"If these are labels, give [label != -100 for label in labels]."
        )
    if len(mask) != count:
        raise ValueError(f"{what} has {len(mask)} values for {count} tokens: give one for each.")
    return [bool(one) for one in mask]


def read_roles(roles: Sequence[str], count: int) -> list[str]:
    names = roles if isinstance(roles, str) else list(roles)
    if isinstance(names, str) or len(names) != count:
        raise ValueError(f"roles must be {count} names, one for each token, not {roles!r:.60}.")
    return [str(name) for name in names]


def read_losses(given: Sequence[float | None], masks: Mapping[str, Sequence[bool]]) -> list[float]:
    """The losses; NaN where there is none."""
    listed = given.tolist() if hasattr(given, "tolist") else given
    if isinstance(listed, Sequence) and not isinstance(listed, str):
        listed = [nan if one is None else one for one in listed]
    losses = to_numbers(listed, "losses", finite=False)
    count = len(next(iter(masks.values())))
    if len(losses) != count:
        raise ValueError(f"losses has {len(losses)} numbers for {count} tokens: give one for each.")
    for mask in masks.values():
        missing = [i for i, graded in enumerate(mask) if graded and not isfinite(losses[i])]
        if missing:
            raise ValueError(
                f"losses has {losses[missing[0]]} at position {missing[0]}, which is graded: a "
                f"graded token needs a finite loss."
            )
    return losses
