"""From what Label Studio sends, or has, to what is known of a project."""
