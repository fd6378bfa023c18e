"""`torchrun --nproc_per_node=N -m gptcore.training PRESET ...`: `gptcore train`, by N processes."""

import sys

from gptcore.cli import main

sys.exit(main(["train", *sys.argv[1:]]))
