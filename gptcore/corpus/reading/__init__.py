"""Files in, documents out: parquet, text, JSON, CSV. What is left out is named with its reason."""
