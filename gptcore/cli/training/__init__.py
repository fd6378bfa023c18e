"""What `gptcore train` does: what can be typed, the loop, and what is said."""
