"""Small trained weights beside the frozen ones of a model."""
