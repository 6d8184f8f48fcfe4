"""The pages that people open: what they show, as tables and a chart, and their HTML."""
