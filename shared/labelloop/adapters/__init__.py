"""The outside things behind the ports, one per file."""
