"""Lesson 12: will the run survive the night?"""


def batch_loss(pieces: list[tuple[float, int]]) -> float:
    """The mean over all tokens of a batch, from the mean and the tokens of each piece."""
    return sum(mean * tokens for mean, tokens in pieces) / sum(tokens for _, tokens in pieces)


def rate(step: int, max_steps: int) -> float:
    """Up over ten steps, full, and down in a straight line over the last fifth."""
    return min(step / 11, 1.0, (max_steps - step + 1) / (max_steps // 5))


def keep_going(start) -> int:
    """Start again whatever asks for it; the code of the last start."""
    while True:
        code = start()
        if code != 75:
            return code
