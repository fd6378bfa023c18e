"""A run that is wrong without an error. Read this after you have guessed."""

from gptcore.scalar import MicroGPT


def second_run(names: list[str]) -> MicroGPT:
    """Lesson 0: a run with one thing changed."""
    # Not shuffled: the list is in alphabetical order, and so is what the model sees.
    return MicroGPT(sorted(names), seed=42, shuffle=False)
