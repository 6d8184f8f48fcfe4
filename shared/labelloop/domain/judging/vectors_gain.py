"""Does the encoder know the language? By the texts' letters, and by what its vectors add to words.

The built-in one knows English. Where texts are in another language it costs three quarters of what
Labelloop saves: tests/bench/NOTEBOOK.md, "An encoder that knows the language".
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

LEAST_LABELS: Final = 100  # with fewer, chance is larger than what an encoder adds
# Nats of log-loss a label; the share of labels that are right besides; and the share that is right
# without vectors: where it is large, words say it all, in whatever language. How often that is so
# for texts of 13 English sets and of others: tests/bench/NOTEBOOK.md, `tests.bench.languages`.
MOST_GAIN, MOST_HITS, MOST_WITHOUT = 0.03, 0.05, 0.7
BUILT_IN: Final = "minilm"
_MOST_RIGHT: Final = 0.8  # the share of labels from which another encoder has little to add
_TRY: Final = (
    "find out what another one would save: export the project (Export > JSON) and run `labelloop "
    "encoder try hub:intfloat/multilingual-e5-small export.json --prefix 'query: '`"
)
_LATIN: Final = "LATIN"
_MOST_LATIN: Final = 0.5  # of the letters; names and terms are Latin in any language
_LETTERS: Final = 1_000  # of a text
_MEND: Final = (
    "if the texts are in another language than the encoder knows, add one that knows it: "
    "`labelloop encoder add e5 --from hub:intfloat/multilingual-e5-small --prefix 'query: '` knows "
    "about 100, then `labelloop options --encoder e5`; layers/encoder/README.md lists others"
)


def adds_little(gain: Mapping[str, Any]) -> bool:
    """Say whether vectors tell next to nothing, by what a card says that they add."""
    is_known = gain.get("rows", 0) >= LEAST_LABELS and gain["without"] < MOST_WITHOUT
    return bool(is_known and gain["log_loss"] < MOST_GAIN and gain["hits"] < MOST_HITS)


def little_of(card: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return in words that a version's encoder adds next to nothing, and what to do; else None.

    `card`: as JSON. Cards without the number, as of other kinds of labelling, say nothing.
    """
    gain = (card or {}).get("vectors_add")
    if not card or not isinstance(gain, Mapping) or not adds_little(gain):
        return None
    name = _name_of(card) or "the encoder"
    more = 100 * gain["hits"]
    why = (
        f"{name} tells next to nothing of these texts that their words don't: {more:+.1f} points "
        f"of accuracy, out of fold on {gain['rows']} labels"
    )
    return why, _MEND


def advice_on(card: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return what is to be said of a version's encoder, and what to do; None if nothing is."""
    return little_of(card) or may_see_more(card)


def may_see_more(card: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """Return in words that another encoder than the built-in one may see more; else None."""
    gain = (card or {}).get("vectors_add")
    if not card or not isinstance(gain, Mapping) or adds_little(gain):
        return None
    right, rows = gain.get("without", 1.0) + gain.get("hits", 0.0), gain.get("rows", 0)
    if _name_of(card) != BUILT_IN or rows < LEAST_LABELS or right >= _MOST_RIGHT:
        return None
    why = f"{right:.0%} of {rows} labels are right out of fold; the built-in encoder sees topics"
    return f"{why}, and little of tone and opinions", _TRY


def foreign_script(texts: Iterable[str]) -> str:
    """Return the script that most letters are of, where few are Latin; else ""."""
    letters = Counter(letter for text in texts for letter in text[:_LETTERS] if letter.isalpha())
    scripts = Counter[str]()
    for letter, count in letters.items():
        scripts[unicodedata.name(letter, "").partition(" ")[0]] += count
    if scripts[_LATIN] >= _MOST_LATIN * scripts.total():
        return ""
    name = max(scripts.keys() - {_LATIN}, key=lambda name: (scripts[name], name))
    return name if name == "CJK" else name.capitalize()


def of_script(script: str) -> tuple[str, str]:
    """Return in words that the built-in encoder can't read a script, and what to do."""
    why = f"most of the tasks' letters are {script}, and the built-in encoder knows English"
    return why, _MEND


def _name_of(card: Mapping[str, Any]) -> str:
    """Return the name of a version's encoder, without its checksum."""
    return str(card.get("encoder", "")).rpartition("-")[0]
