"""Documents in, shards out; it can be killed and continued."""
