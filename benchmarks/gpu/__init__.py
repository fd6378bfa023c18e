"""Parts of `benchmarks/on_gpu.py`, one file each, and the logs that real cards have left."""
