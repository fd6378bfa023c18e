"""Guesses and exercises: questions, checks of answers, replies."""
