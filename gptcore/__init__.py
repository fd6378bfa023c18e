"""What a GPT is made of, from one number that remembers what made it to a model trained on FineWeb.

Draws nothing, and importing it does nothing: take the part that you need, `gptcore.scalar`,
`gptcore.corpus`.
"""

__version__ = "0.2.0"  # the one place: pyproject.toml reads it here
