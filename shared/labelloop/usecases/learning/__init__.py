"""From labels to a model."""
