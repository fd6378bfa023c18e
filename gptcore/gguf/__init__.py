"""GGUF, the file format of llama.cpp: header, config, names of tensors, quantized numbers."""
