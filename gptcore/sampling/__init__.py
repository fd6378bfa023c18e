"""Text out: from logits to tokens. So far one step of it, which all models of the course share."""

from gptcore.next_token import next_probabilities, next_token

__all__ = ["next_probabilities", "next_token"]
