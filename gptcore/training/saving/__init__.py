"""The folder of a run: its log, its checkpoints, and what changed since."""
