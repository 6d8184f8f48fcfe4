"""Find the tasks that a number on a project's page counts."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from labelloop.bucket.project import Project
from labelloop.domain.answers import Label
from labelloop.domain.intake.events import Annotation
from labelloop.domain.intake.folding import Dataset
from labelloop.domain.judging.card import Card
from labelloop.domain.ordering.random_share import is_random
from labelloop.domain.serving.task_list import TaskList
from labelloop.errors import BadRecipe, NotFound
from labelloop.ports import ObjectStore
from labelloop.recipes import has_own
from labelloop.recipes.guard import within
from labelloop.recipes.protocol import Control
from labelloop.usecases.serving.served_control import served_control
from labelloop.usecases.serving.show_people import blind_hits, disagreeing, given_labels

_MOST: Final = (
    300  # annotations that an address names: Label Studio's servers take some 4,000 bytes
)
_OWN_S: Final = 10.0  # somebody waits
_NONE: Final = "There is no such list of tasks."


def find_tasks(key: str, asked: Mapping[str, str], store: ObjectStore) -> TaskList:
    """Return the tasks that a number counts. NotFound if it is none of the project's page.

    `asked`: `of`, one of `LISTS`, and what that takes besides: the name of a class, say.
    """
    project, find = Project(store, key), LISTS.get(asked.get("of", ""))
    if find is None or not project.exists():
        raise NotFound(_NONE)
    if not has_own():
        return find(project, asked)
    try:
        with within(_OWN_S, "reading labels with a recipe of one's own"):
            return find(project, asked)
    except BadRecipe as exc:
        raise NotFound(str(exc)) from exc


@dataclass(frozen=True, slots=True)
class _Learnt:
    """What the active version learnt of n tasks, and what it would have predicted for them.

    `predicted`: None where no model without the label can tell; `tuned`: the tasks that the encoder
    was tuned to.
    """

    project: Project
    dataset: Dataset
    card: Card
    control: Control
    tasks: list[int]
    tuned: frozenset[int]
    labels: list[Label]
    predicted: list[Label | None]

    @classmethod
    def of(cls, project: Project) -> "_Learnt":
        dataset = project.dataset(project.dataset_pointer().value)
        card = project.card(project.active_version())
        control = served_control(project, dataset.label_config, card)
        record = project.evidence.of(card.version) if card else None
        if card is None or control is None or record is None:
            raise NotFound(_NONE)
        rows = np.flatnonzero(record.answered)
        told = control.measure.labels(record.out_of_fold.take(rows))
        predicted = dict(zip(rows.tolist(), told, strict=True))
        every = [predicted.get(row) for row in range(len(record.labels))]
        tasks = record.tasks.tolist()
        tuned = frozenset(record.tuned.tolist())
        return cls(project, dataset, card, control, tasks, tuned, record.labels, every)

    def where(self, is_wanted: Callable[[set[str], set[str] | None], bool]) -> list[int]:
        """Return the tasks whose parts, labelled and predicted, are wanted."""
        return [
            task
            for task, label, predicted in zip(self.tasks, self.labels, self.predicted, strict=True)
            if is_wanted(self._parts(label), None if predicted is None else self._parts(predicted))
        ]

    def random(self, tasks: Iterable[int]) -> list[int]:
        """Return those of the random share, which recall and precision are measured on."""
        counted = (task for task in tasks if task not in self.tuned)
        return [task for task in counted if is_random(task, self.project.key)]

    def _parts(self, label: Label) -> set[str]:
        return set(self.control.parts(label))


def _labelled(_: Project, __: Mapping[str, str]) -> TaskList:
    return TaskList("Labelled", is_labelled=True)


def _left(_: Project, __: Mapping[str, str]) -> TaskList:
    return TaskList("Not labelled yet", is_labelled=False)


def _day(_: Project, asked: Mapping[str, str]) -> TaskList:
    try:
        day = date.fromisoformat(asked.get("day", ""))
        after = day + timedelta(days=1)
    except (ValueError, OverflowError):
        raise NotFound(_NONE) from None
    since, until = (f"{one}T00:00:00+00:00" for one in (day, after))
    return TaskList(f"Finished on {day}", since=since, until=until)


def _version(project: Project, asked: Mapping[str, str]) -> TaskList:
    card = project.card(asked.get("version", ""))
    if card is None or not card.trained_at:
        raise NotFound(_NONE)
    record = project.evidence.of(card.version)
    if record and len(record.tasks) <= _MOST:
        dataset = project.dataset(project.dataset_pointer().value)
        return _of_tasks(f"Learnt by {card.version}", record.tasks.tolist(), dataset)
    return TaskList(f"Finished before {card.version} was trained", until=card.trained_at)


def _person(_: Project, asked: Mapping[str, str]) -> TaskList:
    who = _annotator(asked)
    return TaskList(f"Labelled by user {who}", annotator=who, is_labelled=True)


def _skipped(_: Project, asked: Mapping[str, str]) -> TaskList:
    who = _annotator(asked)
    return TaskList(f"Of user {who}, skipped", annotator=who, is_skipped=True)


def _annotator(asked: Mapping[str, str]) -> int:
    text = asked.get("annotator", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound(_NONE)
    return int(text)


def _class(project: Project, asked: Mapping[str, str]) -> TaskList:
    learnt, name = _Learnt.of(project), asked.get("name", "")
    tasks = learnt.where(lambda given, _: name in given)
    return _of_tasks(f"Labelled {name}", tasks, learnt.dataset)


def _missed(project: Project, asked: Mapping[str, str]) -> TaskList:
    learnt, name = _Learnt.of(project), asked.get("name", "")
    tasks = learnt.where(
        lambda given, said: name in given and said is not None and name not in said
    )
    return _of_tasks(f"{name}, not predicted", learnt.random(tasks), learnt.dataset)


def _wrongly(project: Project, asked: Mapping[str, str]) -> TaskList:
    learnt, name = _Learnt.of(project), asked.get("name", "")
    tasks = learnt.where(lambda given, said: said is not None and name in said - given)
    return _of_tasks(f"{name}, predicted wrongly", learnt.random(tasks), learnt.dataset)


def _confused(project: Project, asked: Mapping[str, str]) -> TaskList:
    """Tasks as `domain.judging.confusions` counts them."""
    learnt = _Learnt.of(project)
    label, predicted = asked.get("label", ""), asked.get("predicted", "")

    def is_wanted(given: set[str], said: set[str] | None) -> bool:
        if said is None or given == said:
            return False
        return label in (given - said or {""}) and predicted in (said - given or {""})

    title = f"{label or 'Nothing'}, predicted {predicted or 'nothing'}"
    return _of_tasks(title, learnt.where(is_wanted), learnt.dataset)


def _random(project: Project, _: Mapping[str, str]) -> TaskList:
    learnt = _Learnt.of(project)
    return _of_tasks("Random share", learnt.random(learnt.tasks), learnt.dataset)


def _doubted(project: Project, _: Mapping[str, str]) -> TaskList:
    rows = project.evidence.doubts(project.active_version())
    dataset = project.dataset(project.dataset_pointer().value)
    return _of_tasks("Look again", {row["task"] for row in rows}, dataset)


def _against_model(project: Project, asked: Mapping[str, str]) -> TaskList:
    learnt, who = _Learnt.of(project), _annotator(asked)
    given = given_labels(learnt.dataset, learnt.control)
    hits = blind_hits(project, given, learnt.card, learnt.control)
    own = [one.annotation for one in hits if one.annotation.annotator == who and one.hit < 1]
    return _of_annotations(f"User {who} and the model differ", own)


def _against_people(project: Project, asked: Mapping[str, str]) -> TaskList:
    learnt, who = _Learnt.of(project), _annotator(asked)
    given = disagreeing(given_labels(learnt.dataset, learnt.control))
    own = [one for one in given if one.annotator == who]
    return _of_annotations(f"User {who} and others differ", own)


def _of_tasks(title: str, tasks: Collection[int], dataset: Dataset) -> TaskList:
    wanted = set(tasks)
    rows = [one for one in dataset.live_annotations() if one.task in wanted and not one.skipped]
    return _of_annotations(title, rows)


def _of_annotations(title: str, rows: list[Annotation]) -> TaskList:
    """Return a list by annotations, the newest if they are too many for an address."""
    newest = sorted(rows, key=lambda one: (one.updated_at, one.id))[-_MOST:]
    cut = f", the newest {_MOST}" if len(newest) < len(rows) else ""
    return TaskList(f"{title}{cut}", annotations=tuple(sorted(one.id for one in newest)))


LISTS: Final[Mapping[str, Callable[[Project, Mapping[str, str]], TaskList]]] = {
    "labelled": _labelled,
    "left": _left,
    "day": _day,
    "version": _version,
    "person": _person,
    "skipped": _skipped,
    "class": _class,
    "missed": _missed,
    "wrongly": _wrongly,
    "confused": _confused,
    "random": _random,
    "doubted": _doubted,
    "against-model": _against_model,
    "against-people": _against_people,
}
