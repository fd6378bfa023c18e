"""Small training runs that a lesson starts, or shows recorded."""
