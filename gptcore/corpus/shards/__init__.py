"""Token ids in files, and batches out of them."""
