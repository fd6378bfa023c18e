"""Guesses as forms of a page: what the catalogue replies, computed when the site is built."""
