"""Judge a version that was just trained: say all that is known of it and of the active one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.evidence import MOST_ROWS, Kept, Look
from labelloop.bucket.pointers import FORMAT, ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.judging.comparison import Floats, Ints, aligned
from labelloop.domain.judging.evidence import FRESH, Evidence
from labelloop.domain.judging.gate import Verdict, first_version, judge, judge_none
from labelloop.domain.learning.features import Features
from labelloop.domain.learning.training import Trained
from labelloop.domain.ordering.random_share import are_random
from labelloop.errors import BadModel, OutOfMemory
from labelloop.ports import Head
from labelloop.recipes.text_choices.control import Examples
from labelloop.usecases.learning.sample_pool import Sample

type LoadHead = Callable[[bytes], Head]


@dataclass(frozen=True, slots=True)
class Champion:
    """The active version: what is kept of its training, and its model."""

    kept: Kept
    head: Head


@dataclass(frozen=True, slots=True)
class Challenger:
    """A version that was just trained, what on, and the classes that the label config offers.

    `features`: of the examples, in their order; `pool`: its answers for the sample, shape
    (tasks, classes).
    """

    examples: Examples
    features: Features
    trained: Trained
    offered: Sequence[str]
    pool: Floats

    @property
    def out_of_fold(self) -> Floats:
        """Its answers out of fold; of the only example of a class it says all alike: no answer."""
        rows = self.trained.out_of_fold
        return np.where(np.isnan(rows), 1 / rows.shape[1], rows)

    def kept(self, look: Look) -> Kept:
        """Return what is to be kept of it."""
        rows, classes = newest(self.examples), self.trained.classes
        tasks, codes = np.array(self.examples.tasks), codes_of(self.examples.labels, classes)
        return Kept(classes, tasks[rows], codes[rows], self.trained.out_of_fold[rows], look)

    def has_labels_of(self, kept: Kept) -> bool:
        """Say whether another version learnt the same labels."""
        mine = self.kept(kept.look)
        return (
            mine.classes == kept.classes
            and np.array_equal(mine.tasks, kept.tasks)
            and np.array_equal(mine.labels, kept.labels)
        )


def newest(examples: Examples) -> Ints:
    """Return the rows of the examples that are kept, ascending: those labelled last."""
    return np.sort(np.array(examples.newest(MOST_ROWS), np.int64))


def codes_of(labels: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    """Return the place of each label among the classes."""
    place = {name: number for number, name in enumerate(classes)}
    return np.array([place[label] for label in labels], np.int64)


def champion_of(
    active: ActivePointer, project: Project, encoder: str, load: LoadHead
) -> Champion | Verdict:
    """Return the active version, or the verdict where there is nothing to compare with.

    OutOfMemory says nothing of the active version: who cannot load it must not replace it.
    """
    if not active.is_trained:
        return first_version()
    if active.format != FORMAT:
        return Verdict(True, f"the active version has format {active.format}")
    if active.encoder != encoder:
        return Verdict(True, "the active version was trained beside another encoder")
    kept, artefact = project.evidence.of(active.version), project.model(active.version)
    if kept is None or artefact is None:
        return Verdict(True, "nothing is kept of what the active version learnt")
    try:
        return Champion(kept, load(artefact))
    except OutOfMemory:
        raise
    except BadModel as exc:
        return Verdict(True, f"the active version cannot be asked: {exc}")


def judge_version(
    challenger: Challenger, champion: Champion, sample: Sample, since: str, salt: str
) -> Verdict:
    """Say whether to switch. `since`: see `Refusal`; `salt`: the project's, of the random share."""
    return judge(_evidence(challenger, champion, sample, since, salt))


def judge_left(examples: Examples, offered: Sequence[str], kept: Kept, why: str) -> Verdict:
    """Say whether to serve no version, as `why` says that these examples make none.

    `kept`: of the active version. Of the one that is not there all answers are alike.
    """
    classes = [*offered, *(name for name in kept.classes if name not in offered)]
    here = _rows_of(kept.tasks, np.array(examples.tasks, np.int64))
    rows = np.where(np.isnan(kept.out_of_fold), 1 / len(kept.classes), kept.out_of_fold)
    champion = aligned(rows, kept.classes, classes)
    none, nothing = np.zeros(len(here), np.bool_), np.empty((0, len(classes)))
    evidence = Evidence(
        before=codes_of(kept.classes, classes)[kept.labels],
        labels=np.append(codes_of(examples.labels, classes), -1)[here],
        is_random=none,
        is_fresh=none,
        champion=champion,
        challenger=np.full_like(champion, 1 / len(classes)),
        pool_champion=nothing,
        pool_challenger=nothing,
        offered=np.isin(classes, list(offered)),
    )
    return judge_none(evidence, why)


def _evidence(
    challenger: Challenger, champion: Champion, sample: Sample, since: str, salt: str
) -> Evidence:
    examples, kept, offered = challenger.examples, champion.kept, challenger.offered
    classes = [*offered, *(name for name in kept.classes if name not in offered)]
    labelled = np.array(examples.tasks, np.int64)
    tasks = np.union1d(kept.tasks, labelled[newest(examples)])
    here, there = _rows_of(tasks, labelled), _rows_of(tasks, kept.tasks)
    known = codes_of(kept.classes, classes)
    updated_at = np.where(here >= 0, np.array([*examples.updated_at, ""])[here], "")
    asked = aligned(champion.head.predict_proba(sample.features), champion.head.classes, classes)
    return Evidence(
        before=np.where(there >= 0, known[kept.labels[there]], -1),
        labels=np.where(here >= 0, codes_of(examples.labels, classes)[here], -1),
        is_random=are_random(tasks, salt),
        is_fresh=_is_fresh(updated_at, since),
        champion=_answers(champion, challenger, here, there, classes),
        challenger=aligned(challenger.out_of_fold, challenger.trained.classes, classes)[here],
        pool_champion=asked,
        pool_challenger=aligned(challenger.pool, challenger.trained.classes, classes),
        offered=np.isin(classes, list(offered)),
    )


def _answers(
    champion: Champion, challenger: Challenger, here: Ints, there: Ints, classes: list[str]
) -> Floats:
    """Return what the champion says of each task: out of fold, or directly of what is new to it."""
    kept = champion.kept
    rows = np.where(np.isnan(kept.out_of_fold), 1 / len(kept.classes), kept.out_of_fold)
    answers = aligned(rows, kept.classes, classes)[there]
    new = np.flatnonzero(there < 0)
    asked = champion.head.predict_proba(challenger.features.take(here[new]))
    answers[new] = aligned(asked, champion.head.classes, classes)
    return answers


def _rows_of(tasks: Ints, among: Ints) -> Ints:
    """Return the row of each task among others, by id and not none; -1 where it is not there."""
    if not len(among):
        return np.full(len(tasks), -1)
    rows = np.searchsorted(among, tasks).clip(max=len(among) - 1)
    return np.where(among[rows] == tasks, rows, -1)


def _is_fresh(updated_at: NDArray[np.str_], since: str) -> NDArray[np.bool_]:
    """Say which labels came after the refusal: the newest of them, if there was one."""
    order = np.argsort(updated_at, kind="stable")[::-1][:FRESH]
    fresh = np.zeros(len(updated_at), np.bool_)
    fresh[order] = True
    return fresh & (updated_at > since) & (since != "")
