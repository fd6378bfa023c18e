"""Runs that are wrong without an error, for the reader to find out from evidence."""
