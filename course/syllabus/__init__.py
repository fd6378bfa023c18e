"""The table of lessons, their files, and the time that they take."""
