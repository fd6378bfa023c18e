"""What happens after pretraining: what the loss counts, who is pushed where, and what changed."""
