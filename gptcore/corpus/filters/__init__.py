"""Which documents stay: thresholds, languages, near copies."""
