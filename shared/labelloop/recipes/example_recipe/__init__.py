"""What `labelloop recipe new` writes: a recipe that learns, what is labelled with it, its test."""
