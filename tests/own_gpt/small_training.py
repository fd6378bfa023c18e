"""Sizes of a training that takes a second."""

SIZES = {"n_layer": 1, "n_embd": 16, "max_steps": 60, "eval_every": 10, "dropout": 0.1}
