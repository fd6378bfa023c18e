"""Text as tokens: merges, vocabularies, prices of tokens, and filters of documents."""
