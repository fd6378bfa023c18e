"""Pictures and controls of what happens inside a language model.

Takes arrays, strings, numbers and functions, and knows no model: draw your own. Every `draw_...`
gives back a `Picture`; every control has a still twin, so that a page without a kernel shows
something too. Importing it loads no matplotlib and no ipywidgets: each name comes with its own
file, when it is first used.
"""

from importlib import import_module

_HOME = {
    "Picture": "picture",
    "draw_graph": "graph",
    "all_nodes": "node",
    "count_paths": "node",
    "draw_paths": "backward",
    "draw_backward": "backward",
    "BackwardPlayer": "backward_player",
    "draw_whole_graph": "whole_graph",
    "draw_probabilities": "probabilities",
    "draw_loss": "loss",
    "LossPlot": "live_loss",
    "draw_program": "program",
    "draw_way": "way",
    "Stop": "way",
    "draw_samples": "samples",
    "SamplesPlayer": "samples_player",
    "draw_counts": "counts",
    "CountsPlayer": "counts_player",
    "draw_context": "context",
    "ShannonGame": "shannon_game",
    "draw_surface": "surface",
    "DescentPlayer": "descent_player",
    "draw_attention": "attention",
    "AttentionEditor": "attention_editor",
    "draw_ledger": "ledger",
    "draw_ladder": "ladder",
    "draw_training": "training",
    "TrainingScrubber": "training_scrubber",
    "SamplingDial": "sampling_dial",
    "draw_tokens": "tokens",
    "draw_token_prices": "token_prices",
    "draw_merges": "merges",
    "VocabularyDial": "vocabulary_dial",
    "MergeGame": "merge_game",
    "draw_funnel": "funnel",
    "FilterBench": "filter_bench",
    "SamplingPlayground": "sampling_playground",
    "draw_playground": "playground",
    "draw_parameters": "parameters",
    "draw_lens": "lens",
    "draw_embedding": "embedding",
    "draw_shapes": "shapes",
    "draw_head_split": "head_split",
    "HeadSplitter": "head_splitter",
    "draw_query": "query",
    "AttentionExplorer": "attention_explorer",
    "draw_memory": "memory",
    "BudgetDial": "budget_dial",
    "draw_formats": "formats",
    "draw_schedule": "schedule",
    "ScheduleDial": "schedule_dial",
    "draw_runs": "runs",
    "TwoRuns": "two_runs",
    "draw_scaling": "scaling",
}

__all__ = list(_HOME)


def __getattr__(name: str):
    if name not in _HOME:
        raise AttributeError(f"viz has no {name!r}; it has {', '.join(__all__)}")
    try:
        return getattr(import_module(f"viz.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        package = (error.name or "viz").split(".")[0]
        if package == "viz":
            raise  # a file of ours is missing, which no installation from the index would bring
        raise ModuleNotFoundError(
            f"viz.{name} needs {package}, which is not installed: pip install {package}",
            name=error.name,
        ) from None


def __dir__() -> list[str]:
    return __all__
