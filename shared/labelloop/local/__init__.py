"""What only runs on a person's machine: the local stack and the demo. Not in the SharedLayer."""
