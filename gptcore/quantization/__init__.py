"""Weights of 8 and 4 bits: fewer bytes to read for each token, and the kernels that use them.

Start with `rounding.py`. Names such as `gptcore.quantization.quantize` are imported at first use;
`__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
