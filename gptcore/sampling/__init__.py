"""Text out: from logits to tokens. So far one step of it, which every model of the course shares."""

from gptcore.next_token import next_probabilities, next_token

__all__ = ["next_probabilities", "next_token"]
