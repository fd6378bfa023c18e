"""What `gptcore new` does: options, the loop, messages."""
