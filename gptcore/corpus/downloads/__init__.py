"""Named texts and files of the Hugging Face Hub: brought here, checked by hash."""
