"""A run that somebody else published: the curve that your own run on FineWeb is drawn beside.

Known of it: 12 layers, 12 heads, 384 numbers, 40.95 million parameters, which is what `budget`
counts; 16 x 32 rows of 1,024 tokens a step, so 3.1 billion tokens in 6,000 steps; learning rate
5e-4; FineWeb, with GPT-2's tokenizer, on one RTX 4070 with 12 GB. Not known: warm-up and schedule,
seed, how much text the validation loss is the mean of, and whether rows were seen more than once.
Left out on purpose: what lies between the points; nothing was published there.
Source: the figures of that run as its author passed them on; nobody here has repeated it.
"""

Curve = tuple[tuple[int, ...], tuple[float, ...]]  # steps; losses in nats per token

STEPS = (0, 500, 1000, 2000, 3000, 4000, 5000, 6000)

# What is compared with it is "train" or "val": the steps, and the loss at each.
FINEWEB_40M_CURVE: dict[str, Curve] = {
    "train": (STEPS, (10.88, 5.86, 4.93, 4.46, 4.30, 4.22, 4.16, 4.14)),
    "val": (STEPS, (10.88, 5.86, 4.95, 4.48, 4.32, 4.24, 4.19, 4.17)),
}
