"""One file per kind of labelling: what its label config means, features, results."""
