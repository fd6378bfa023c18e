"""After pretraining: a GPT that continues text learns to answer.

Names such as `gptcore.tuning.reinforce` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
