"""`gptcore plot`: the curves of runs as a picture."""
