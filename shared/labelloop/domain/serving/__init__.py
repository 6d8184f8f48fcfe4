"""What can be chosen for a project."""
