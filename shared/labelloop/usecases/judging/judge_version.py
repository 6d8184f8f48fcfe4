"""Judge a version that was just trained: say all that is known of it and of the active one."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.evidence import MOST_ROWS, SamplePredictions, TrainingRecord
from labelloop.bucket.pointers import ActivePointer
from labelloop.bucket.project import Project
from labelloop.domain.answers import Answers, Label, joined_answers
from labelloop.domain.columns import Columns
from labelloop.domain.intake.events import canonical
from labelloop.domain.judging.evidence import FRESH, Evidence
from labelloop.domain.judging.gate import Verdict, first_version, judge, judge_none
from labelloop.domain.learning.examples import Examples
from labelloop.domain.measure import Measure
from labelloop.domain.ordering.random_share import are_random
from labelloop.errors import BadModel, OutOfMemory
from labelloop.recipes import name_of
from labelloop.recipes.protocol import Control, Model, Trained
from labelloop.usecases.learning.sample_pool import Sample

type Ints = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Champion:
    """The active version: what is kept of its training, and its model."""

    kept: TrainingRecord
    model: Model


@dataclass(frozen=True, slots=True)
class Challenger:
    """A version that was just trained, what on, and the control that its labels are of.

    `seen`: the features of the examples, in their order; `pool`: its answers for the sample.
    """

    control: Control
    examples: Examples
    seen: Columns
    trained: Trained
    pool: Answers

    @property
    def measure(self) -> Measure:
        """How its answers are compared."""
        return self.control.measure

    @property
    def out_of_fold(self) -> Answers:
        """Its answers out of fold; of an example without one it says all alike: no answer."""
        return _filled(self.trained.out_of_fold, self.measure)

    def kept(self, look: SamplePredictions) -> TrainingRecord:
        """Return what is to be kept of it."""
        rows = newest(self.examples)
        tasks = np.array(self.examples.tasks, np.int64)[rows]
        labels = [self.examples.labels[row] for row in rows.tolist()]
        return TrainingRecord(tasks, labels, self.trained.out_of_fold.take(rows), look)

    def has_labels_of(self, kept: TrainingRecord) -> bool:
        """Say whether another version learnt the same labels."""
        mine = self.kept(kept.look)
        return (
            mine.out_of_fold.names == kept.out_of_fold.names
            and np.array_equal(mine.tasks, kept.tasks)
            and canonical(mine.labels) == canonical(kept.labels)
        )


def newest(examples: Examples) -> Ints:
    """Return the rows of the examples that are kept, ascending: those labelled last."""
    return np.sort(np.array(examples.newest(MOST_ROWS), np.int64))


def _filled(answers: Answers, measure: Measure) -> Answers:
    """Return answers with those that are no numbers replaced by what says nothing."""
    is_known = answers.columns.are_finite()
    if is_known.all():
        return answers
    both = joined_answers([answers, measure.alike(answers.names, 1)])
    return both.take(np.where(is_known, np.arange(len(answers)), len(answers)))


def champion_of(
    active: ActivePointer, project: Project, control: Control, encoder: str
) -> Champion | Verdict:
    """Return the active version, or the verdict where there is nothing to compare with.

    OutOfMemory says nothing of the active version: who cannot load it must not replace it.
    """
    if not active.is_trained:
        return first_version()
    if name_of(active.recipe) != control.recipe:
        return Verdict(True, "the active version is of another kind of labelling")
    if active.is_outdated:
        return Verdict(True, f"the active version has format {active.format}")
    if active.encoder != encoder:
        return Verdict(True, "the active version was trained beside another encoder")
    kept, artefact = project.evidence.of(active.version), project.model(active.version)
    if kept is None or artefact is None:
        return Verdict(True, "nothing is kept of what the active version learnt")
    try:
        return Champion(kept, control.load(artefact))
    except OutOfMemory:
        raise
    except BadModel as exc:
        return Verdict(True, f"the active version cannot be asked: {exc}")


def judge_version(
    challenger: Challenger, champion: Champion, sample: Sample, since: str, project_key: str
) -> Verdict:
    """Say whether to switch. `since`: see `Rejection`; the key decides the random share."""
    return judge(_evidence(challenger, champion, sample, since, project_key))


def judge_left(examples: Examples, control: Control, kept: TrainingRecord, why: str) -> Verdict:
    """Say whether to serve no version, as `why` says that these examples make none.

    `kept`: of the active version. Of the one that is not there all answers are alike.
    """
    measure = control.measure
    names = _names(control, kept)
    here = _rows_of(kept.tasks, np.array(examples.tasks, np.int64))
    codes = _Codes([*kept.labels, *examples.labels])
    none, nothing = np.zeros(len(here), np.bool_), measure.alike(names, 0)
    evidence = Evidence(
        measure=measure,
        known=codes.known,
        parts=[control.parts(label) for label in codes.known],
        before=codes.of(kept.labels),
        labels=np.append(codes.of(examples.labels), -1)[here],
        is_random=none,
        is_fresh=none,
        champion=measure.aligned(_filled(kept.out_of_fold, measure), names),
        challenger=measure.alike(names, len(here)),
        pool_champion=nothing,
        pool_challenger=nothing,
        offered=control.offered,
    )
    return judge_none(evidence, why)


def _evidence(
    challenger: Challenger, champion: Champion, sample: Sample, since: str, project_key: str
) -> Evidence:
    control, examples, kept = challenger.control, challenger.examples, champion.kept
    measure, names = challenger.measure, _names(challenger.control, champion.kept)
    labelled = np.array(examples.tasks, np.int64)
    tasks = np.union1d(kept.tasks, labelled[newest(examples)])
    here, there = _rows_of(tasks, labelled), _rows_of(tasks, kept.tasks)
    codes = _Codes([*kept.labels, *examples.labels])
    updated_at = np.where(here >= 0, np.array([*examples.updated_at, ""])[here], "")
    return Evidence(
        measure=measure,
        known=codes.known,
        parts=[control.parts(label) for label in codes.known],
        before=np.append(codes.of(kept.labels), -1)[there],
        labels=np.append(codes.of(examples.labels), -1)[here],
        is_random=are_random(tasks, project_key),
        is_fresh=_is_fresh(updated_at, since),
        champion=_answers(champion, challenger, here, there, names),
        challenger=measure.aligned(challenger.out_of_fold, names).take(here),
        pool_champion=measure.aligned(champion.model.answer(sample.features), names),
        pool_challenger=measure.aligned(challenger.pool, names),
        offered=control.offered,
    )


class _Codes:
    """Labels as numbers: the same for equal ones."""

    def __init__(self, labels: Sequence[Label]) -> None:
        by_text = {canonical(label): label for label in labels}
        self.known = list(by_text.values())
        self._place = {text: number for number, text in enumerate(by_text)}

    def of(self, labels: Sequence[Label]) -> Ints:
        """Return the place of each label in `known`."""
        return np.array([self._place[canonical(label)] for label in labels], np.int64)


def _names(control: Control, kept: TrainingRecord) -> list[str]:
    """Return what answers of both versions are about: what is offered, and what was before."""
    before = (name for name in kept.out_of_fold.names if name not in control.offered)
    return [*control.offered, *before]


def _answers(
    champion: Champion, challenger: Challenger, here: Ints, there: Ints, names: Sequence[str]
) -> Answers:
    """Return what the champion says of each task: out of fold, or directly of what is new to it."""
    measure = challenger.measure
    learnt = measure.aligned(_filled(champion.kept.out_of_fold, measure), names)
    new = np.flatnonzero(there < 0)
    asked = measure.aligned(champion.model.answer(challenger.seen.take(here[new])), names)
    rows = there.copy()
    rows[new] = len(learnt) + np.arange(len(new))
    return joined_answers([learnt, asked]).take(rows)


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
