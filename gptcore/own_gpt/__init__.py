"""A GPT of your own: a file with lines, or a running text, becomes a model and its description.

Start with `text_lines.py` and `proposal.py`; then `training.py`. Names such as
`gptcore.own_gpt.train_lines` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
