"""Whether a version is better than the active one, and the numbers shown of it."""
