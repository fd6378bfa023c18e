"""Lesson 12: training on a GPU."""


def batch_loss(micro_batches: list[tuple[float, int]]) -> float:
    """The mean over all tokens of a batch, from the mean and the tokens of each micro-batch."""
    return sum(mean * tokens for mean, tokens in micro_batches) / sum(
        tokens for _, tokens in micro_batches
    )


def rate(step: int, max_steps: int) -> float:
    """Up over ten steps, full, then down in a straight line over the last fifth."""
    return min(step / 11, 1.0, (max_steps - step + 1) / (max_steps // 5))


def keep_going(start) -> int:
    """Starts again as long as the run asks for it; the last exit code."""
    while True:
        code = start()
        if code != 75:
            return code
