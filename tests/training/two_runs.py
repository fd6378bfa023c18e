"""What each of two processes does: a run with the model whole in each, one with it shared out.

The second is stopped half-way and resumed. Arguments: a folder, then those of `gptcore train`.
"""

import sys
from pathlib import Path

from gptcore.cli import main
from gptcore.training import joined

folder, words = Path(sys.argv[1]), ["train", *sys.argv[2:], "--out_dir"]
shared = [*words, str(folder / "shared"), "--sharded", "True"]
with joined("cpu"):  # once for all runs: processes that meet again may read where they last met
    main([*words, str(folder / "whole")])
    try:
        main([*shared, "--max_minutes", "1e-9"])  # it ends after its first step
    except SystemExit as stopped:
        print(f"exit code {stopped.code}")
    main([*shared, "--max_minutes", "0", "--resume"])
