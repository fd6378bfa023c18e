"""A computation as a graph: `graph` draws it, `backward` sends the gradient through it."""
