"""Lesson 5: tokenizers."""


def join(ids: list[int], pair: tuple[int, int], new_id: int) -> list[int]:
    """The ids with each occurrence of the pair replaced, from left to right."""
    joined: list[int] = []
    i = 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):
            joined.append(new_id)
            i += 2  # the second of the two is used up: it begins no other pair
        else:
            joined.append(ids[i])
            i += 1
    return joined


def encode(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """The bytes of the text, and then every merge in the order in which it was learned."""
    ids = list(text.encode())
    for new_id, pair in enumerate(merges, start=256):
        ids = join(ids, pair, new_id)
    return ids


def decode(ids: list[int], token_bytes: list[bytes]) -> str:
    """All bytes first, then characters: a token may end in the middle of a character."""
    return b"".join(token_bytes[i] for i in ids).decode(errors="replace")
