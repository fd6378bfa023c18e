"""Memory of a training step, and number formats."""
