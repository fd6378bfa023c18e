"""Lesson 13: what changed since GPT-2, one switch at a time."""
