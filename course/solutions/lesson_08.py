"""Lesson 8: tensors."""

# x (8, 10, 16), wte (27, 16), wpe (10, 16), ids (8, 10)
shapes = {
    "wte[ids]": (8, 10, 16),
    "x + wpe": (8, 10, 16),
    "x.mean(dim=1)": (8, 16),
    "x.transpose(1, 2)": (8, 16, 10),
}


def matrix_gradients(x, W, dy):
    """Gradients of y = x @ W.T. Shapes: x (N, I), W (O, I), dy (N, O)."""
    dW = dy.T @ x  # (O, N) @ (N, I) -> (O, I)
    dx = dy @ W  # (N, O) @ (O, I) -> (N, I)
    return dW, dx


def mean_loss(losses, targets):
    """The mean over positions that are no padding. Shapes: losses (B, T), targets (B, T)."""
    return losses[targets != -1].mean()
