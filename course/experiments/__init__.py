"""Small experiments with models that lessons train on the spot, and with filters."""
