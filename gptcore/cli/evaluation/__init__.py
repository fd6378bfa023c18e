"""The command `gptcore eval`."""
