"""What the functions do, one verb per file."""
