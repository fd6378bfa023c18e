"""One small model in ever faster implementations, from one number at a time to a GPU.

The same weights, the same names, the same printed losses; only the time differs.
Names such as `gptcore.ladder.climb` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
