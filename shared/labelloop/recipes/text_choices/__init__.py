"""One choice of several about a text: `<Choices>` on `<Text>`."""
