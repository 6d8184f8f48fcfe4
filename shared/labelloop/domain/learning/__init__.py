"""When to train, and on which examples."""
