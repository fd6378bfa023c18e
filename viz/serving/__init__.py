"""Serving: requests in the slots of a batch, the blocks of a KV cache, drafts, fewer bits."""
