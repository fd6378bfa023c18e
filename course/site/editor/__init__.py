"""Exercises whose answer is a program: an editor in the page, and the Python that runs it there."""
