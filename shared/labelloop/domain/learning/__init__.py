"""When to learn, what of, and what comes of it."""
