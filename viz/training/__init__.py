"""One moment of a training run, its samples, and descent on a map of the loss."""
