"""Reinforcement learning with rewards that a program can check, and its cheapest rivals."""
