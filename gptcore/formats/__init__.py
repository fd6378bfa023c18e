"""Weights as other programs store them, under our names: safetensors, Hugging Face, nanoGPT, GGUF.

Nothing here knows the model: configs are dictionaries of the fields of `GPTConfig`.
"""
