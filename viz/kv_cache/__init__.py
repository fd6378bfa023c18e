"""The paged KV cache: its blocks, the block tables of requests, and the size of a block."""
