"""What lies in the bucket, and how it is written."""
