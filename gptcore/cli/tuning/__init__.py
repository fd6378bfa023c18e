"""`gptcore tune`: options, presets, models and data, the run, and what it prints."""
