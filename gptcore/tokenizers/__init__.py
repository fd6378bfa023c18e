"""Text to token ids and back: characters, byte-pair encoding, OpenAI's vocabularies.

Names such as `gptcore.tokenizers.CharTokenizer` are imported at first use; `__init__.pyi` lists
them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
