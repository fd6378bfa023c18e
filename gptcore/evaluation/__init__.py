"""How good a model is: its loss on a text, and how often it chooses the right ending.

Names such as `gptcore.evaluation.multiple_choice` are imported at first use; `__init__.pyi` lists
them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
