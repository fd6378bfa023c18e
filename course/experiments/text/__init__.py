"""Experiments with texts: tables of counts, tokenizers, filters."""
