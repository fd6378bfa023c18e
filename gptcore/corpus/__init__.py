"""Text in: named texts, shipped with us or downloaded, whole and checked.

The flat names (`gptcore.corpus.load`, ...) come from their files when they are asked for, so that
importing this package loads nothing: no pooch, no requests. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {  # name -> the file that has it, below gptcore
    "load": "corpus.text",
    "load_documents": "corpus.text",
    "available": "corpus.text",
    "fetch": "corpus.download",
    "Fetched": "corpus.download",
    "Text": "manifest",
    "all_texts": "manifest",
    "find_text": "manifest",
    "data_folder": "manifest",
    "path_of": "manifest",
    "UnknownText": "manifest",
    "TextNotHere": "manifest",
    "TextDamaged": "manifest",
    "Document": "corpus.filters",
    "Length": "corpus.filters",
    "Language": "corpus.filters",
    "Symbols": "corpus.filters",
    "Repetition": "corpus.filters",
    "FilterReport": "corpus.funnel",
    "Verdict": "corpus.funnel",
    "run_filters": "corpus.funnel",
    "measure": "corpus.measures",
    "guess_language": "corpus.language",
    "ExactDuplicates": "corpus.duplicates",
    "NearDuplicates": "corpus.duplicates",
    "shingles": "corpus.duplicates",
    "jaccard": "corpus.duplicates",
    "clusters": "corpus.duplicates",
    "chance_of_meeting": "corpus.duplicates",
    "bands_for": "corpus.duplicates",
    "Copy": "corpus.duplicates",
    "read_table": "corpus.table",
    "write_table": "corpus.table",
    "Batches": "corpus.batches",
    "prepare": "corpus.preparing",
    "Progress": "corpus.preparing",
    "ShardSettings": "corpus.plan",
    "Reading": "corpus.reading",
    "SourceDamaged": "corpus.reading",
    "make_shard": "corpus.making",
    "Span": "corpus.making",
    "Made": "corpus.making",
    "Slice": "corpus.making",
    "open_shard": "corpus.shards",
    "write_shard": "corpus.shards",
    "ShardDamaged": "corpus.shards",
    "DiskFull": "corpus.folder",
    "FolderInUse": "corpus.folder",
    "Story": "corpus.stories",
    "StoryEntropy": "corpus.stories",
    "tell_stories": "corpus.stories",
    "story_entropy": "corpus.stories",
    "nats_of": "corpus.stories",
    "read_grammar": "corpus.grammar",
    "Mixture": "corpus.mixture",
    "write_story_table": "corpus.stories_table",
    "RowTruth": "corpus.stories_table",
}
__all__ = list(HOME_OF)


def __getattr__(name: str):
    """Import the file that has `name`, and hand its `name` on."""
    if name not in HOME_OF:
        raise AttributeError(f"gptcore.corpus has no {name!r}; it has {', '.join(HOME_OF)}.")
    return getattr(import_module(f"gptcore.{HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    """What can be asked for, so that Tab completes it before it is loaded."""
    return sorted([*globals(), *HOME_OF])
