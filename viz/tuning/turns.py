"""The turns of a conversation that is given as tokens: whose each token is.

Without a list of roles they are read from the special tokens: <|user|> names its role itself, and
<|im_start|> or <|start_header_id|> is followed by the name, in one token or in several.
"""

import re
from collections.abc import Sequence
from itertools import takewhile

from viz.canvas.visible_text import Piece, decode_piece

ROLES = ("system", "user", "assistant")
STARTS = ("<|im_start|>", "<|start_header_id|>")  # what follows is the name of the role ...
ENDS = ("\n", "<|end_header_id|>")  # ... up to one of these


def find_roles(pieces: Sequence[Piece]) -> list[str]:
    """The role of each token, as the special tokens say; "" for all if there are none.

    Args:
        pieces: The tokens of one conversation, in order.

    Returns:
        One role for each token; tokens before the first role belong to it.
    """
    texts = [decode_piece(piece) for piece in pieces]
    roles, role = [], ""
    for i, text in enumerate(texts):
        name = re.fullmatch(r"<\|(\w+)\|>", text)
        if name and name[1] in ROLES:
            role = name[1]
        elif text in STARTS:
            role = "".join(takewhile(lambda part: part not in ENDS, texts[i + 1 :])) or role
        roles.append(role)
    first = next((role for role in roles if role), "")
    return [role or first for role in roles]


def split_turns(roles: Sequence[str]) -> list[tuple[str, range]]:
    """The turns: each a role and the places of its tokens.

    Args:
        roles: The role of each token.
    """
    changes = [i for i in range(1, len(roles)) if roles[i] != roles[i - 1]]
    ends = [*changes, len(roles)]
    return [(roles[start], range(start, end)) for start, end in zip([0, *changes], ends)]
