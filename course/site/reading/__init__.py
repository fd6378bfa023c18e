"""What makes a page easy to read: the bar of a lesson, code that wraps, one file for print."""
