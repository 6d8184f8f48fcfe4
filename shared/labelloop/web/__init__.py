"""HTTP: the routes, who may call them, and their answers."""
