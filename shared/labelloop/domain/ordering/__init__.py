"""The order of tasks: which one comes next."""
