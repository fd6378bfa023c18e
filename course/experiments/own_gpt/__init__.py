"""What lesson 16 tries out: a GPT of one's own."""
