"""Text in: named texts, files of documents, filters, shards and batches.

Names such as `gptcore.corpus.load` are imported at first use; `__init__.pyi` lists them.
"""

from gptcore import lazy

__getattr__, __dir__, __all__ = lazy.attach(__name__)
