"""Who attends to whom: `attention` draws it; `attention_editor` and `attention_explorer` ask it."""
