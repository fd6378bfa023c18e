"""The answers of a reader, stored on the reader's machine only."""
