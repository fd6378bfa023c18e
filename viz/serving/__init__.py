"""Serving: requests in the slots of a batch, how long they wait, drafts, and fewer bits."""
