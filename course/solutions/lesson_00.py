"""Lesson 0: what will I build?"""

remembered_of = {"in the list": 11, "among the 1,000 shown": 0}

stays = {
    "a first loss between 2.5 and 4": True,
    "the last loss": False,
    "the invented names": False,
}


def count_known(invented: list[str], known: list[str]) -> int:
    """How many of the invented names stand in the list.

    A set finds a name without reading the whole list.
    """
    there = set(known)
    return sum(name in there for name in invented)
