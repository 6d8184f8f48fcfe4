"""Label Studio's formats: its payloads, label configs and projects."""
