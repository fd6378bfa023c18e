"""Fast inference: many texts at once over a paged KV cache, and speculative decoding.

Start with `engine.py`. Names such as `gptcore.serving.Engine` are imported at first use;
`__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
