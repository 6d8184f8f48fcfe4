"""What models see of texts, for the methods of a control that say so: see `recipes.protocol`.

Whatever needs numpy is imported late: functions without it read label configs, too.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from labelloop.domain.answers import Floats
    from labelloop.domain.columns import Columns
    from labelloop.recipes.protocol import Tools

LANDMARKS: Final = 1_000  # tasks without a label that a model learns topics from
_OVERHEAD: Final = 200  # characters: the cost of a text besides its own


def work(text: str) -> int:
    """Return the cost of a text: a constant, and its characters up to those that are read."""
    from labelloop.recipes.text.terms import MOST_CHARACTERS

    return _OVERHEAD + min(len(text), MOST_CHARACTERS)


def features(
    texts: Sequence[str], tools: "Tools", only: Collection[str] | None = None
) -> "Columns":
    """Return bags of terms and, where there is an encoder, vectors."""
    from labelloop.recipes.text.bags import BAGS, VECTORS, Bags, Features
    from labelloop.recipes.text.terms import bags_of

    wants = {BAGS, VECTORS} if only is None else only
    bags = bags_of(texts) if BAGS in wants else Bags.empty(len(texts))
    has_vectors = bool(tools.encoder) and VECTORS in wants
    return Features(bags, tools.vectors(texts) if has_vectors else None).columns()


def apart(encoder: str) -> tuple[str, ...]:
    """Return the encoder's vectors, or the bags where there is none."""
    from labelloop.recipes.text.bags import BAGS, VECTORS

    return (VECTORS,) if encoder else (BAGS,)


def vectors(features: "Columns") -> "Floats":
    """Return the encoder's vectors, or sketches of the bags where there are none."""
    from labelloop.recipes.text.bags import Features, sketches

    read = Features.of(features)
    return sketches(read.bags) if read.vectors is None else read.vectors


def texts_in(input_: Any) -> Iterator[str]:
    """Yield all texts in an input, whatever the kind of labelling."""
    if isinstance(input_, str):
        yield input_
    elif isinstance(input_, dict):
        for value in input_.values():
            yield from texts_in(value)
    elif isinstance(input_, list | tuple):
        for value in input_:
            yield from texts_in(value)


def same(text: str) -> str:
    """Return a text without its case and with single blanks between words."""
    return " ".join(text.casefold().split())
