"""What a replay writes down: the journal, and the tables made of it."""
