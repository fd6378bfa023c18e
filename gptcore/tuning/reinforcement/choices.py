"""The choices of a run of reinforcement. They need no PyTorch, so a command checks them at once."""

BASELINES = ("none", "group_mean", "normalized")
NORMALIZATIONS = ("token", "sequence", "none")
KL_PLACES = ("reward", "loss")


def check_group_size(group_size: int, baseline: str) -> None:
    """Raise ValueError for a group of one with a baseline: its advantage is always 0."""
    if group_size == 1 and baseline != "none":
        raise ValueError(
            f"group_size=1 with baseline={baseline!r} learns nothing: an answer is compared with "
            f"itself. Set group_size to 2 or more (8 is usual), or baseline='none'."
        )
