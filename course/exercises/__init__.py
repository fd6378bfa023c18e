"""Guesses and exercises: what is asked, how an answer is checked, what is replied."""
