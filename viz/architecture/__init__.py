"""Inside a model: shapes, heads, parameters, embeddings, the residual stream."""
