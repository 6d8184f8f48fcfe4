"""What models see of spans' texts: their words, and what each means in its sentence.

As columns: a ragged block `words` of places and windows; `spellings`; `states`, from the encoder if
there is one: of each word a vector as whole numbers; and of the text what tells texts apart.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from labelloop.domain.columns import Block, Columns, Ragged, starts_of
from labelloop.recipes.spans.spellings import DIMENSIONS, spellings, spelt
from labelloop.recipes.spans.words import words_of
from labelloop.recipes.text import seen as texts

if TYPE_CHECKING:
    from labelloop.recipes.protocol import Tools

type Ints = NDArray[np.int64]

WORDS: Final = "words"
STATES: Final = "states"
SPELLINGS: Final = "spellings"
_BESIDE, _AROUND, _SPELT = 0.5, 2.0, 0.7  # weights beside a word's own: neighbours, window, looks
_FULL: Final = 127


def features(
    inputs: Sequence[dict[str, Any]], tools: "Tools", only: Collection[str] | None = None
) -> Columns:
    """Return a row for each input: its words, what they mean, and what tells texts apart."""
    wanted = {WORDS, STATES, SPELLINGS, *texts.apart(tools.encoder)} if only is None else set(only)
    blocks: dict[str, Block] = {}
    if wanted & {WORDS, STATES, SPELLINGS}:
        blocks |= _of_words(inputs, tools, wanted)
    if apart := wanted & set(texts.apart(tools.encoder)):
        blocks |= texts.features([one["text"] for one in inputs], tools, apart).blocks
    blocks = {name: block for name, block in blocks.items() if name in wanted}
    return Columns(len(inputs), blocks)


def _of_words(
    inputs: Sequence[dict[str, Any]], tools: "Tools", wanted: Collection[str]
) -> dict[str, Block]:
    read = [words_of(one) for one in inputs]
    starts = starts_of([len(one.places) for one in read])
    places = np.array([place for one in read for place in one.places], np.int64).reshape(-1, 2)
    windows = [len(spans) for one in read for _, spans in one.windows]
    numbers = np.repeat(np.arange(len(windows)), windows)
    arrays = {"starts": places[:, 0], "ends": places[:, 1]}
    arrays["windows"] = _within(numbers, starts).astype(np.uint16)
    blocks: dict[str, Block] = {WORDS: Ragged(arrays, starts)}
    states = None
    if tools.encoder and STATES in wanted:
        cut = [window for one in read for window in one.windows]
        states = tools.words([text for text, _ in cut], [spans for _, spans in cut])
    if states is not None and states.shape[1]:
        blocks[STATES] = Ragged({"vectors": _whole_numbers(states)}, starts)
    if SPELLINGS in wanted:
        looks = spellings([word for one in read for word in one.spellings])
        blocks[SPELLINGS] = Ragged({"looks": looks}, starts)
    return blocks


def _within(numbers: Ints, starts: Ints) -> Ints:
    """Return ascending numbers counted from 0 in each row."""
    lengths = np.diff(starts)
    first = numbers[np.minimum(starts[:-1], max(0, len(numbers) - 1))] if len(numbers) else starts
    return numbers - np.repeat(first[: len(lengths)], lengths)


def _whole_numbers(states: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return vectors as whole numbers up to 127: their direction, within 2 % of their length."""
    largest = np.abs(states).max(axis=1, keepdims=True, initial=0.0)
    return np.rint(states * (_FULL / np.maximum(largest, 1e-9))).astype(np.int8)


@dataclass(frozen=True, slots=True)
class Seen:
    """The words of some tasks, laid end to end.

    `starts`: of tasks, one more than there are; `places`: shape (words, 2); `windows`: the number
    of each word's window in its task; `looks`: see `spellings`; `states`: whole numbers, shape
    (words, dimensions), None without an encoder.
    """

    starts: Ints
    places: Ints
    windows: Ints
    looks: NDArray[np.int16]
    states: NDArray[np.int8] | None

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.starts) - 1

    @classmethod
    def of(cls, columns: Columns) -> Self | None:
        """Return the words in columns, None if the columns don't have them."""
        words = columns.ragged(WORDS)
        spelling, states = columns.ragged(SPELLINGS), columns.ragged(STATES)
        if words is None or spelling is None:
            return None
        places = np.stack([words.arrays["starts"], words.arrays["ends"]], axis=1)
        windows = words.arrays["windows"].astype(np.int64)
        vectors = states.arrays["vectors"] if states else None
        return cls(words.starts, places, windows, spelling.arrays["looks"], vectors)

    @property
    def block(self) -> str:
        """The block that a word's own vector is from."""
        return SPELLINGS if self.states is None else STATES

    @property
    def width(self) -> int:
        """How many numbers are seen of a word."""
        return 4 * DIMENSIONS if self.states is None else 4 * self.states.shape[1] + DIMENSIONS

    def rows(self, first: int, last: int) -> NDArray[np.float32]:
        """Return what a model sees of the words of some tasks, shape (words, width).

        Each word's vector, those of the words before and after it, the mean of its window's, which
        is about as long as a sentence, and what the word looks like if that is not its vector. Of
        unit length but for their weights.
        """
        place = slice(self.starts[first], self.starts[last])
        looks = _unit(spelt(self.looks[place]))
        own = looks if self.states is None else _unit(self.states[place].astype(np.float32))
        words, size = own.shape
        seen = np.zeros((words, self.width), np.float32)
        task = np.repeat(np.arange(first, last), np.diff(self.starts[first : last + 1]))
        together = (task[1:] == task[:-1])[:, None]
        seen[:, :size] = own
        seen[1:, size : 2 * size] = _BESIDE * own[:-1] * together
        seen[:-1, 2 * size : 3 * size] = _BESIDE * own[1:] * together
        seen[:, 3 * size : 4 * size] = _AROUND * _means(own, task, self.windows[place])
        if self.states is not None:
            seen[:, 4 * size :] = _SPELT * looks
        return seen


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows


def _means(own: NDArray[np.float32], task: Ints, windows: Ints) -> NDArray[np.float32]:
    """Return for each word the mean of its window's words."""
    if not len(own):
        return own
    is_first = np.append(True, (np.diff(task) > 0) | (np.diff(windows) > 0))
    edges = np.flatnonzero(is_first)
    lengths = np.diff(np.append(edges, len(own)))
    means = np.add.reduceat(own, edges, axis=0) / lengths[:, None].astype(np.float32)
    return np.repeat(means, lengths, axis=0)
