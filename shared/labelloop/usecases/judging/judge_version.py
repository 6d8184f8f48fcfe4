"""Judge a version that was just trained: collect the evidence on it and on the active version."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labelloop.bucket.evidence import MOST_ROWS, SamplePredictions, TrainingRecord
from labelloop.domain.answers import Answers, Label, joined_answers
from labelloop.domain.columns import Columns
from labelloop.domain.intake.events import canonical
from labelloop.domain.judging.evidence import FRESH, Evidence
from labelloop.domain.judging.gate import Verdict, judge, judge_none
from labelloop.domain.judging.imported import judge_against_imported, judge_imported
from labelloop.domain.learning.examples import Examples
from labelloop.domain.measure import Measure
from labelloop.domain.ordering.random_share import are_random
from labelloop.recipes.protocol import Control, Trained
from labelloop.usecases.judging.champion import Champion
from labelloop.usecases.learning.sample_pool import Sample

type Ints = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Challenger:
    """A version that was just trained, its examples, and the control that they are labels of.

    `features`: those of the examples, in their order; `sample_answers`: for the pool's sample.
    """

    control: Control
    examples: Examples
    features: Columns
    trained: Trained
    sample_answers: Answers

    @property
    def measure(self) -> Measure:
        """How its answers are compared."""
        return self.control.measure

    @property
    def is_imported(self) -> bool:
        """Whether nobody trained it here."""
        return self.trained.facts.get("is_imported") is True

    @property
    def out_of_fold(self) -> Answers:
        """Its answers out of fold; where an example has none, an answer that prefers no label."""
        return _filled(self.trained.out_of_fold, self.measure)

    @property
    def tuned(self) -> NDArray[np.bool_]:
        """Whether the encoder was tuned to each example. Shape (examples,)."""
        return np.array(self.examples.are_tuned, np.bool_)

    @property
    def answered(self) -> Ints:
        """The rows of the examples whose answers out of fold tell how good the version is."""
        return np.flatnonzero(self.trained.out_of_fold.columns.are_finite() & ~self.tuned)

    def record(self, sample: SamplePredictions) -> TrainingRecord:
        """Return the record of its training, to be stored."""
        rows = newest(self.examples)
        tasks = np.array(self.examples.tasks, np.int64)[rows]
        labels = [self.examples.labels[row] for row in rows.tolist()]
        said, tuned = self.trained.out_of_fold.take(rows), tasks[self.tuned[rows]]
        return TrainingRecord(tasks, labels, said, sample, tuned)

    def has_labels_of(self, record: TrainingRecord) -> bool:
        """Return whether another version learnt the same labels."""
        mine = self.record(record.sample)
        return (
            mine.out_of_fold.names == record.out_of_fold.names
            and np.array_equal(mine.tasks, record.tasks)
            and canonical(mine.labels) == canonical(record.labels)
        )


def newest(examples: Examples) -> Ints:
    """Return the rows of the examples that a record has, ascending: those labelled last."""
    return np.sort(np.array(examples.newest(MOST_ROWS), np.int64))


def _filled(answers: Answers, measure: Measure) -> Answers:
    """Return answers; a row that is not finite is replaced by one that prefers no label."""
    is_known = answers.columns.are_finite()
    if is_known.all():
        return answers
    both = joined_answers([answers, measure.alike(answers.names, 1)])
    return both.take(np.where(is_known, np.arange(len(answers)), len(answers)))


def judge_version(
    challenger: Challenger,
    champion: Champion,
    sample: Sample,
    since: str,
    project_key: str,
    least_known: int,
) -> Verdict:
    """Return whether to switch. `since`: see `Rejection`; the key decides the random share."""
    evidence = _evidence(challenger, champion, sample, since, project_key)
    if challenger.is_imported:
        return judge_imported(evidence)
    if champion.imported_as:
        return judge_against_imported(evidence, goes_on=champion.imported_as == "vectors")
    return judge(evidence, least_known)


def judge_withdrawal(
    examples: Examples, control: Control, record: TrainingRecord, why: str, least_known: int
) -> Verdict:
    """Return whether to serve no version: `why` says why these examples don't make one.

    `record`: the active version's. The missing challenger's answers prefer no label.
    """
    measure = control.measure
    names = _names(control, record)
    example_rows = _rows_of(record.tasks, np.array(examples.tasks, np.int64))
    codes = _Codes([*record.labels, *examples.labels])
    none, nothing = np.zeros(len(example_rows), np.bool_), measure.alike(names, 0)
    evidence = Evidence(
        measure=measure,
        known=codes.known,
        parts=[control.parts(label) for label in codes.known],
        before=codes.of(record.labels),
        labels=np.append(codes.of(examples.labels), -1)[example_rows],
        is_random=none,
        is_fresh=none,
        is_tuned=np.isin(record.tasks, record.tuned),
        champion=measure.aligned(_filled(record.out_of_fold, measure), names),
        challenger=measure.alike(names, len(example_rows)),
        pool_champion=nothing,
        pool_challenger=nothing,
        offered=control.offered,
    )
    return judge_none(evidence, why, least_known)


def _evidence(
    challenger: Challenger, champion: Champion, sample: Sample, since: str, project_key: str
) -> Evidence:
    control, examples, record = challenger.control, challenger.examples, champion.record
    measure, names = challenger.measure, _names(challenger.control, champion.record)
    labelled = np.array(examples.tasks, np.int64)
    tasks = np.union1d(record.tasks, labelled[newest(examples)])
    example_rows, record_rows = _rows_of(tasks, labelled), _rows_of(tasks, record.tasks)
    codes = _Codes([*record.labels, *examples.labels])
    # The pool says what is expected of versions that learn: none of it where one does not.
    has_pool = not (challenger.is_imported or champion.imported_as)
    pool = range(len(sample.tasks) if has_pool else 0)
    updated_at = np.where(example_rows >= 0, np.array([*examples.updated_at, ""])[example_rows], "")
    return Evidence(
        measure=measure,
        known=codes.known,
        parts=[control.parts(label) for label in codes.known],
        before=np.append(codes.of(record.labels), -1)[record_rows],
        labels=np.append(codes.of(examples.labels), -1)[example_rows],
        is_random=are_random(tasks, project_key),
        is_fresh=fresh_of(updated_at, since),
        is_tuned=np.isin(tasks, record.tuned) | np.isin(tasks, [*examples.tuned]),
        champion=_champion_answers(champion, challenger, example_rows, record_rows, names),
        challenger=measure.aligned(challenger.out_of_fold, names).take(example_rows),
        pool_champion=measure.aligned(champion.model.answer(sample.features.take(pool)), names),
        pool_challenger=measure.aligned(challenger.sample_answers.take(pool), names),
        offered=control.offered,
    )


class _Codes:
    """Labels as numbers: the same for equal ones."""

    def __init__(self, labels: Sequence[Label]) -> None:
        by_text = {canonical(label): label for label in labels}
        self.known = list(by_text.values())
        self._places = {text: place for place, text in enumerate(by_text)}

    def of(self, labels: Sequence[Label]) -> Ints:
        """Return the place of each label in `known`."""
        return np.array([self._places[canonical(label)] for label in labels], np.int64)


def _names(control: Control, record: TrainingRecord) -> list[str]:
    """Return the parts that both versions' answers are about: those offered, then earlier ones."""
    earlier = (name for name in record.out_of_fold.names if name not in control.offered)
    return [*control.offered, *earlier]


def _champion_answers(
    champion: Champion,
    challenger: Challenger,
    example_rows: Ints,
    record_rows: Ints,
    names: Sequence[str],
) -> Answers:
    """Return the champion's answer for each task: out of fold, or its model's if it is new."""
    measure = challenger.measure
    out_of_fold = measure.aligned(_filled(champion.record.out_of_fold, measure), names)
    new = np.flatnonzero(record_rows < 0)
    answers = _filled(champion.model.answer(challenger.features.take(example_rows[new])), measure)
    rows = record_rows.copy()
    rows[new] = len(out_of_fold) + np.arange(len(new))
    return joined_answers([out_of_fold, measure.aligned(answers, names)]).take(rows)


def _rows_of(tasks: Ints, among: Ints) -> Ints:
    """Return the row of each task in `among`, which is sorted by id; -1 where it is missing."""
    if not len(among):
        return np.full(len(tasks), -1)
    rows = np.searchsorted(among, tasks).clip(max=len(among) - 1)
    return np.where(among[rows] == tasks, rows, -1)


def fresh_of(updated_at: NDArray[np.str_], since: str) -> NDArray[np.bool_]:
    """Return which labels came after the rejection, the newest ones; none if there was none."""
    order = np.argsort(updated_at, kind="stable")[::-1][:FRESH]
    fresh = np.zeros(len(updated_at), np.bool_)
    fresh[order] = True
    return fresh & (updated_at > since) & (since != "")
