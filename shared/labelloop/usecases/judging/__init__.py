"""From a model to the version that is served, or to a rejection."""
