"""What recipes share whose tasks hold several texts that people compare."""
