"""HTTP: what is called, by whom, and what it is answered."""
