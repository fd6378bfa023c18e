"""After pretraining: a GPT that continues text learns to answer.

Start with `chat_format.py` and `fine_tuning.py`; then `reinforcement/`. Names such as
`gptcore.tuning.fine_tune` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
