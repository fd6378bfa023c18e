"""What a reader has answered: kept on the reader's machine only."""
