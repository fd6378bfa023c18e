"""Pictures and controls of what happens inside a language model.

Takes arrays, strings, numbers and functions, and knows no model: draw your own. Every `draw_...`
gives back a `Picture`; every control has a still twin, so that a page without a kernel shows
something too. Importing it loads no matplotlib and no ipywidgets: each name comes with its own
file, when it is first used.
"""

from importlib import import_module

_HOME = {
    "Picture": "canvas.picture",
    "draw_graph": "graphs.graph",
    "all_nodes": "graphs.node",
    "count_paths": "graphs.node",
    "draw_paths": "graphs.backward",
    "draw_backward": "graphs.backward",
    "BackwardPlayer": "graphs.backward_player",
    "draw_whole_graph": "graphs.whole_graph",
    "draw_probabilities": "next_token.probabilities",
    "draw_loss": "curves.loss",
    "LossPlot": "curves.live_loss",
    "draw_samples": "training.samples",
    "SamplesPlayer": "training.samples_player",
    "draw_counts": "next_token.counts",
    "CountsPlayer": "next_token.counts_player",
    "draw_context": "curves.context",
    "ShannonGame": "next_token.shannon_game",
    "draw_surface": "training.surface",
    "DescentPlayer": "training.descent_player",
    "draw_attention": "attention.attention",
    "AttentionEditor": "attention.attention_editor",
    "draw_ledger": "architecture.residual_ledger",
    "draw_ladder": "curves.ladder",
    "draw_training": "training.training",
    "TrainingScrubber": "training.training_scrubber",
    "SamplingDial": "next_token.sampling_dial",
    "draw_tokens": "text.tokens",
    "draw_token_prices": "text.token_prices",
    "draw_merges": "text.merges",
    "VocabularyDial": "text.vocabulary_dial",
    "MergeGame": "text.merge_game",
    "draw_funnel": "text.funnel",
    "FilterBench": "text.filter_bench",
    "SamplingPlayground": "next_token.sampling_playground",
    "draw_playground": "next_token.playground",
    "draw_parameters": "architecture.parameters",
    "draw_lens": "architecture.lens",
    "draw_embedding": "architecture.embedding",
    "draw_shapes": "architecture.shapes",
    "draw_head_split": "architecture.head_split",
    "HeadSplitter": "architecture.head_splitter",
    "draw_query": "attention.head_query",
    "AttentionExplorer": "attention.attention_explorer",
    "draw_memory": "hardware.memory",
    "BudgetDial": "hardware.budget_dial",
    "draw_formats": "hardware.formats",
    "draw_schedule": "curves.schedule",
    "ScheduleDial": "curves.schedule_dial",
    "draw_runs": "runs.runs",
    "TwoRuns": "runs.two_runs",
    "draw_scaling": "runs.scaling",
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
