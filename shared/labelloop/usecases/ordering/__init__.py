"""From a version to the order of the tasks."""
