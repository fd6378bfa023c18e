"""Experiments with attention: tasks that need it, edits of scores, heads that copy."""
