"""The objects in the bucket, and how they are read and written."""
