"""From a version to predictions, and what people choose and see of it."""
