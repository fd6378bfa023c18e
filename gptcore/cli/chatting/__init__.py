"""`gptcore chat`: the conversation, and the loop that reads questions and prints answers."""
