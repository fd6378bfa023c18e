"""Identifiers are the field's words, not ours: none of these old names is left.

"slope" is a word for teaching. In code it is `grad`.
"""

import io
import keyword
import subprocess
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("gptcore", "viz", "course", "benchmarks", "tests")

# Words that no identifier may consist of: the old word, and what the field says.
OLD = {
    "asked": "requested, targets, specs",
    "told": "problems, message, text",
    "tell": "report",
    "said": "caption, output",
    "say": "print, report",
    "slope": "grad",
    "slopes": "grads, local_grads",
    "forget_slopes": "zero_grad",
    "turn_at": "rotary_cos_sin",
    "turned": "rotated",
    "there": "to_device",
    "alone": "no_sync",
    "add_up_alone": "set_requires_gradient_sync",
    "chance_of": "fork_rng_for_step",
    "Odd": "NonFiniteError",
    "odd_rows": "nonfinite_rows",
    "go_on": "load_state_dict",
    "mention_jump": "warn_on_lr_jump",
    "whole_model": "gather_model",
    "share_out": "apply_fsdp",
    "let_go": "reshard",
    "own_part": "shard_like",
    "talk": "attention_forward",
    "think": "mlp_forward",
    "talk_back": "attention_backward",
    "think_back": "mlp_backward",
    "draw_weights": "init_weights",
    "first_weights": "init_weights",
    "UNASKED": "IGNORE_INDEX",
    "silenced": "ablated_heads",
    "audible": "head_mask",
    "heads_in": "heads_of_layer",
    "NOBODY": "NO_HEADS",
    "own_tensors": "unique_state_dict",
    "BlockMemory": "LayerKVCache",
    "weights_by_group": "param_groups",
    "set_rate": "set_lr",
    "tidy": "prune",
    "pointed": "read_link",
    "make_lasting": "fsync",
    "mean_surprise": "cross_entropy",
    "surprise": "cross_entropy",
    "surprise_slopes": "cross_entropy_grad",
    "shares_of": "softmax",
    "poured": "to_torch",
    "gathered": "flatten_weights",
    "slope_by_tiny_steps": "numerical_grad",
    "add_slopes": "accumulate_grads",
    "Growing": "ShardWriter",
    "what_is_there": "load_progress",
    "whole_among": "intact_shards",
    "remove_traces": "clean_up",
    "sole_use": "lock_folder",
    "check_room": "check_free_space",
    "no_room": "disk_full_error",
    "NO_ROOM": "DISK_FULL_ERRNOS",
    "deaf_to_interrupts": "block_sigint",
    "end_with": "exit_with_parent",
    "bring": "ensure_local",
    "the_noted": "read_metadata",
    "not_brought": "download_error",
    "scattered": "splitmix64",
    "times_before": "cumcount",
    "tied": "tie_weights",
    "fused": "use_sdpa",
    "recompute": "activation_checkpointing",
    "zero_init": "zero_init_proj",
    "find_card": "find_gpu",
    "Card": "Gpu",
    "chance_of_meeting": "candidate_probability",
    "bands_for": "lsh_params",
    "PIECE_WORDS": "NGRAM_SIZE",
    "TextNotHere": "TextNotDownloadedError",
    "TextDamaged": "TextDamagedError",
    "DiskFull": "DiskFullError",
    "FolderInUse": "FolderInUseError",
    "UnknownText": "UnknownTextError",
    "NotFinite": "NonFiniteError",
    "SourceDamaged": "SourceDamagedError",
    "ShardDamaged": "ShardDamagedError",
    "CheckpointDamaged": "CheckpointDamagedError",
    "SpecialTokenInText": "SpecialTokenInTextError",
    "UnknownCharacter": "UnknownCharacterError",
    "OutOfMemory": "OutOfMemoryError",
    "known_tokens_only": "crop_vocab",
    "write_own_shards": "write_char_shards",
    "find_tokenizer_of": "tokenizer_of_run",
    "commonest": "most_frequent_pair",
    "join_pair": "merge",
    "join_bytes": "bpe_encode",
    "KnownPieces": "PieceCache",
    "invent": "generate_one",
    "no_search_for_circles": "gc_paused",
    "RESUME_ME": "EXIT_RESUMABLE",
    "take_over": "patch_linear_layers",
    "made_by_amd": "is_amd_cpu",
    "Words": "Text",
    "Disc": "Circle",
    "draw_way": "draw_course_map",
    "told_number": "format_number",
    "torn_characters": "split_characters",
    "draw_voices": "draw_source_rows",
    "draw_bets": "draw_predictions",
    "draw_ledger": "draw_logit_attribution",
    "draw_query": "draw_attention_head",
    "LATELY": "RECENT_STEPS",
    "HEIGHTS": "Y_LABELS",
    "FARTHER": "EXTRAPOLATE",
    "wide": "width",
    "tall": "height",
    "rim": "frontier",
    "anew": "again",
}
# A word of the list that is somebody else's name, or is meant literally: (end of the path, word).
ALLOWED = {
    ("gptcore/corpus/reading/documents.py", "tell"),  # of a file
    ("gptcore/corpus/reading/formats.py", "tell"),
    ("gptcore/ladder/torch_gpt.py", "fused"),  # of PyTorch's optimizers
    ("gptcore/training/optimizers.py", "fused"),
    ("course/checkpoint.py", "fused"),
    ("course/jupyterlite/build.py", "there"),  # a gap in a template
}
# The lessons and their exercises still teach with words of their own.
TEACHING = ("course/lessons/", "course/catalogue/", "course/solutions/", "course/failures/")


def sources() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", *FOLDERS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.splitlines() if name.endswith((".py", ".pyi"))]
    names = [name for name in names if not name.startswith(TEACHING)]
    return [ROOT / name for name in names if (ROOT / name).exists()]


def identifiers(path: Path) -> Iterator[tuple[int, str]]:
    """Every name in a file, with its line."""
    text = path.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string):
            yield token.start[0], token.string


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_identifier_is_a_word_of_ours(folder):
    found = []
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        if name.split("/")[0] == folder:
            found += [
                f"{name}:{line}: {word} -> {OLD[word]}"
                for line, word in identifiers(path)
                if word in OLD and (name, word) not in ALLOWED
            ]
    assert not found, f"{len(found)} left:\n" + "\n".join(found)


def test_an_old_name_is_seen(tmp_path):
    (tmp_path / "old.py").write_text("slopes = 'told'  # told\n")
    assert list(identifiers(tmp_path / "old.py")) == [(1, "slopes")]
