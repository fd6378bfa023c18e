"""The first lessons as a page in which Python runs."""
