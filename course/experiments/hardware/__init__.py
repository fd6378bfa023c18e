"""Experiments with cost: budgets, processes, scaling, a night on a GPU."""
