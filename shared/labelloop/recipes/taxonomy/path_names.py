"""What the names of paths say, before any label."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelloop.recipes.protocol import Tools
from labelloop.recipes.taxonomy.tree import Paths, Tree, name_of
from labelloop.recipes.text.label_names import words_of


def name_vectors(
    tree: Tree, labels: Sequence[Paths], tools: Tools
) -> dict[str, NDArray[np.float32]]:
    """Return a vector by name: the mean of that of its last choice and that of its whole path.

    Of all leaves, and of those other choices that somebody has chosen: few are ever chosen alone.
    """
    chosen = {tuple(path) for label in labels for path in label}
    read = [
        (name_of(path), values)
        for path, values in zip(tree.paths, tree.values, strict=True)
        if path in tree.leaves or path in chosen
    ]
    last = tools.vectors([words_of(values[-1]) for _, values in read])
    whole = tools.vectors([words_of(name_of(values)) for _, values in read])
    return dict(zip([name for name, _ in read], (last + whole) / 2, strict=True))
