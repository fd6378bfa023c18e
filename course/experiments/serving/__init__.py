"""Serving many readers: what lesson 15 measures."""
