"""What only ever runs on a laptop: the local stack and the demo. Not part of the SharedLayer."""
