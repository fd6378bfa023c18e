"""The GPT in PyTorch: sizes, modules, and weights from other programs.

Read `config.py`, `attention.py`, `block.py` and `gpt.py`, in this order.
Names such as `gptcore.model.GPT` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
