"""Direct preference optimization: of two answers to one question, the chosen one gets likelier."""
