"""From what Label Studio sends, or has, to a project's dataset and pool."""
