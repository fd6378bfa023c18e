"""The table of lessons, where they lie, and how long they take."""
