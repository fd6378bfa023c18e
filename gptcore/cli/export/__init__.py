"""The command `gptcore export`."""
