"""Anything over steps, tokens or operations: losses, runs, scaling, schedules."""
