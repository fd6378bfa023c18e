"""A model in the formats of other programs: a folder of Hugging Face, a GGUF file, a web page.

Names such as `gptcore.export.export_gguf` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
