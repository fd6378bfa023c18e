"""Tuning a small GPT: what lesson 14 measures."""
