"""Lesson 9: the full GPT."""


def x_and_y(row):
    """Input and targets. Shapes: (T + 1,) -> (T,), (T,)."""
    return row[:-1], row[1:]


def split_heads(x, n_head):
    """Head h gets D of the C numbers of every token. Shapes: (B, T, C) -> (B, H, T, D)."""
    B, T, C = x.shape
    return x.view(B, T, n_head, C // n_head).transpose(1, 2)


# gpt2-medium: V = 50,257, T = 1,024, C = 1,024, L = 24, H = 16; numbers in millions, no biases.
medium = {
    "token embedding": 50257 * 1024 / 1e6,
    "position embedding": 1024 * 1024 / 1e6,
    "attention": 24 * 4 * 1024**2 / 1e6,
    "mlp": 24 * 8 * 1024**2 / 1e6,
    "attention with 32 heads": 24 * 4 * 1024**2 / 1e6,
}

# Of the probabilities 0.6, 0.2, 0.1, 0.06, 0.04.
kept = {"top-k 2": 2, "top-p 0.85": 3, "min-p 0.08": 4}
