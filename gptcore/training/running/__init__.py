"""Parts of a run: the rows of a step, and what must be the same when it is resumed."""
