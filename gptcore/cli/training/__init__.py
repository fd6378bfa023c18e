"""The parts of `gptcore train`: options, setup, loop, messages."""
