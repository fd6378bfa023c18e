"""Lesson 16: your own GPT."""


def early_stopping(losses, patience):
    """The place of the weights that are kept; training ends `patience` measurements after them."""
    best = 0
    for place, loss in enumerate(losses):
        if loss < losses[best]:
            best = place
        elif place - best >= patience:
            break
    return best


def memorized(copied, in_held_out, n_train, n_held_out):
    """The share of samples that are training lines by memory, and not by coincidence."""
    return max(0.0, copied - in_held_out * n_train / n_held_out)


def longest_copy(text, lines):
    """How many letters of a text in a row are somewhere in one of the lines."""
    for length in range(len(text), 0, -1):
        for start in range(len(text) - length + 1):
            part = text[start : start + length]
            if any(part in line for line in lines):
                return length
    return 0
