"""Text in: named texts, shipped with us or downloaded, whole and checked.

The flat names (`gptcore.corpus.load`, ...) come from their files when they are asked for, so that
importing this package loads nothing: no pooch, no requests. `__init__.pyi` is for type checkers.
"""

from importlib import import_module

HOME_OF = {  # name -> the file that has it, below gptcore
    "load": "corpus.downloads.text",
    "load_documents": "corpus.downloads.text",
    "is_downloaded": "corpus.downloads.text",
    "fetch": "corpus.downloads.download",
    "FetchedText": "corpus.downloads.download",
    "TextInfo": "manifest",
    "all_texts": "manifest",
    "find_text": "manifest",
    "data_folder": "manifest",
    "text_path": "manifest",
    "UnknownTextError": "manifest",
    "TextUnavailableError": "manifest",
    "TextDamagedError": "manifest",
    "Document": "corpus.filters.filters",
    "Length": "corpus.filters.filters",
    "Language": "corpus.filters.filters",
    "Symbols": "corpus.filters.filters",
    "Repetition": "corpus.filters.filters",
    "FilterReport": "corpus.filters.funnel",
    "Verdict": "corpus.filters.funnel",
    "run_filters": "corpus.filters.funnel",
    "text_stats": "corpus.filters.text_stats",
    "guess_language": "corpus.filters.language",
    "ExactDuplicates": "corpus.filters.duplicates",
    "NearDuplicates": "corpus.filters.duplicates",
    "shingles": "corpus.filters.duplicates",
    "jaccard": "corpus.filters.duplicates",
    "clusters": "corpus.filters.duplicates",
    "candidate_probability": "corpus.filters.duplicates",
    "lsh_params": "corpus.filters.duplicates",
    "DuplicatePair": "corpus.filters.duplicates",
    "read_table": "corpus.filters.table",
    "write_table": "corpus.filters.table",
    "Batches": "corpus.shards.batches",
    "prepare": "corpus.preparation.prepare",
    "Progress": "corpus.preparation.prepare",
    "ShardSettings": "corpus.preparation.plan",
    "ReaderOptions": "corpus.reading.rows",
    "SourceDamagedError": "corpus.downloads.source",
    "make_shard": "corpus.preparation.shard_writer",
    "RowGroupRange": "corpus.preparation.shard_writer",
    "ShardRecord": "corpus.preparation.shard_writer",
    "SplitRecord": "corpus.preparation.shard_writer",
    "open_shard": "corpus.shards.shards",
    "write_shard": "corpus.shards.shards",
    "ShardDamagedError": "corpus.shards.shards",
    "DiskFullError": "files",
    "FolderInUseError": "files",
    "Story": "corpus.stories.stories",
    "StoryEntropy": "corpus.stories.stories",
    "generate_stories": "corpus.stories.stories",
    "story_entropy": "corpus.stories.stories",
    "story_nats": "corpus.stories.stories",
    "parse_grammar": "corpus.stories.grammar",
    "Mixture": "corpus.shards.mixture",
    "write_story_table": "corpus.stories.stories_table",
    "RowLabel": "corpus.stories.stories_table",
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
