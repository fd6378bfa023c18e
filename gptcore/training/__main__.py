"""`gptcore train` by several processes:

torchrun --standalone --nproc_per_node=N -m gptcore.training PRESET --out_dir DIR
"""

import sys

from gptcore.cli import main

sys.exit(main(["train", *sys.argv[1:]]))
