"""Annotators' work: events, and the dataset that they make."""
