"""Speculative decoding: a cheap draft proposes tokens, and the model checks them in one pass."""
