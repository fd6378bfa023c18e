"""The map of a model: numbers from the token id to the probabilities, stage by stage."""
