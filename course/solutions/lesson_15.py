"""Lesson 15: fast inference."""


def tokens_per_second(parameters, bits, texts, bandwidth, flops):
    """New tokens per second of all texts, if each step reads all weights once."""
    read = parameters * bits / 8 / bandwidth
    compute = 2 * parameters * texts / flops
    return texts / max(read, compute)


def shared_blocks(first, second, size):
    """How many full blocks two texts have in common, from the beginning."""
    common = 0
    for one, other in zip(first, second):
        if one != other:
            break
        common += 1
    return common // size


def rule(p, q):
    """The chance that each token is accepted, and from what another one is sampled if it is not."""
    accept = [min(1, p_x / q_x) for p_x, q_x in zip(p, q)]
    more = [max(0, p_x - q_x) for p_x, q_x in zip(p, q)]
    return accept, [x / sum(more) for x in more]


def to_int8(row):
    """The integers of a row of weights, and its scale."""
    scale = max(abs(x) for x in row) / 127
    return [round(x / scale) for x in row], scale
