"""Label Studio's own language: its payloads, label configs and projects."""
