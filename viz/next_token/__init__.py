"""Probabilities of the next token, and sampling: stills and their dials and games."""
