"""Lesson 4: the losses of its MLP for each choice of two hyperparameters, recorded.

The page of the lesson cannot train, and shows them. They are made by `run` of the lesson: one epoch
with a learning rate of 0.5, from the parameters of seed 0.
"""

from itertools import product

N_EMBD, N_HIDDEN = (1, 2, 4, 8), (2, 4, 8, 16, 32)

LOSSES = (
    (2.6018, 2.5914, 2.5859, 2.5849, 2.5877),
    (2.5957, 2.5738, 2.5586, 2.5519, 2.5543),
    (2.5921, 2.5681, 2.5566, 2.5433, 2.5401),
    (2.7577, 2.5951, 2.5552, 2.5336, 2.5275),
)
# (n_embd, n_hidden) -> validation loss
RECORDED = dict(zip(product(N_EMBD, N_HIDDEN), (loss for row in LOSSES for loss in row)))
