"""What a cell may need that not every machine has.

Such a cell bears the tag, and is skipped where it is missing.
"""

from gptcore.corpus import available

# tag -> (is it here?, how to bring it)
NEEDS = {
    "needs-names-ssa": (lambda: available("names-ssa"), "gptcore fetch names-ssa"),
}


def missing(tags: list[str]) -> str:
    """Why a cell with these tags cannot run here, and what to do; "" if it can.

    Raises: ValueError for a needs-tag that nobody has declared.
    """
    for tag in tags:
        if tag in NEEDS:
            is_here, command = NEEDS[tag]
            if not is_here():
                return f"{tag}: not on this machine. To bring it: {command}"
        elif tag.startswith("needs-"):
            raise ValueError(
                f"The tag {tag!r} is not in course/needs.py; it has {', '.join(NEEDS)}."
            )
    return ""
