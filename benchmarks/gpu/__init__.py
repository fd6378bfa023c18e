"""Parts of `benchmarks/on_gpu.py`, one file each, and the logs of real GPUs."""
