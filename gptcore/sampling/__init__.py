"""Text generation: from logits to tokens, and from tokens to texts.

Names such as `gptcore.sampling.generate` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
