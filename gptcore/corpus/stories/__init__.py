"""Stories told by a grammar whose entropy is known."""
