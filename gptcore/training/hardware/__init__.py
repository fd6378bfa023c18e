"""Hardware: GPUs and their peaks, number formats, MFU, a check of this machine."""
