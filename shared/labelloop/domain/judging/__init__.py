"""Whether a version is better, and what is said of it."""
