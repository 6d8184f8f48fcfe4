"""What annotators did: events, and the dataset that they make."""
