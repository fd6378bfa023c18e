"""Lesson 9: same thing, thousands of times faster?"""


def x_and_y(row):
    """What is read, and for each of it what follows. Shapes: (T + 1,) -> (T,), (T,)."""
    return row[:-1], row[1:]


def split_heads(x, n_head):
    """Each head gets D of the C numbers of every token. Shapes: (B, T, C) -> (B, H, T, D)."""
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
