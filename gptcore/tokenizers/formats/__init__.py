"""Other people's files of a tokenizer: tokenizer.json, GGUF's metadata, chat templates."""
