"""Loss curves that somebody else published, to compare your own run with.

Known: 12 layers, 12 heads, width 384, 40.95 million parameters (as `budget` counts); 16 x 32 rows
of 1,024 tokens per step, so 3.1 billion tokens in 6,000 steps; learning rate 5e-4; FineWeb with
GPT-2's tokenizer, on one RTX 4070 with 12 GB. Not known: warmup and schedule, seed, the size of the
validation data, and whether rows were seen more than once. Only these points were published.

Source: the figures as the author of that run passed them on; we did not repeat it.
"""

Curve = tuple[tuple[int, ...], tuple[float, ...]]  # steps; losses in nats per token

STEPS = (0, 500, 1000, 2000, 3000, 4000, 5000, 6000)

# Curve "train" or "val": the steps, and the loss at each.
FINEWEB_40M_CURVE: dict[str, Curve] = {
    "train": (STEPS, (10.88, 5.86, 4.93, 4.46, 4.30, 4.22, 4.16, 4.14)),
    "val": (STEPS, (10.88, 5.86, 4.95, 4.48, 4.32, 4.24, 4.19, 4.17)),
}
