"""The examples to learn from: one label for each task, agreed on by its annotators."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from labelloop.domain.intake.events import Annotation, canonical
from labelloop.domain.intake.folding import Dataset

type _Vote = tuple[Annotation, Any, str]  # its label, and that as a text

_NEVER: Final = "~"  # after all times


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled tasks, ascending by id; all lists are in this order.

    `inputs` and `labels`: as the recipe reads them. `updated_at`: when an annotation last gave or
    confirmed the label; `votes`: the newest label of each annotator, oldest first (where there is
    a ground truth, of ground truths alone). `tuned`: tasks whose text the encoder was tuned to, so
    that its vector gives the label away: it is learnt from, and is no evidence.
    """

    tasks: list[int]
    inputs: list[Any]
    labels: list[Any]
    updated_at: list[str]
    votes: list[list[Any]]
    tuned: frozenset[int] = frozenset()

    @property
    def are_tuned(self) -> list[bool]:
        """Whether the encoder was tuned to each example."""
        return [task in self.tuned for task in self.tasks]

    def newest(self, most: int) -> list[int]:
        """Return the rows of up to `most` tasks labelled last, the newest last."""
        return sorted(range(len(self.tasks)), key=self.updated_at.__getitem__)[-most:]

    def take(self, rows: Sequence[int]) -> "Examples":
        """Return some rows, in the order of `rows`."""
        return Examples(
            tasks=[self.tasks[row] for row in rows],
            inputs=[self.inputs[row] for row in rows],
            labels=[self.labels[row] for row in rows],
            updated_at=[self.updated_at[row] for row in rows],
            votes=[self.votes[row] for row in rows],
            tuned=self.tuned,
        )


class Reader(Protocol):
    """What reads tasks and annotations: `recipes.protocol.Control`."""

    def about(self) -> dict[str, Any]:
        """Return facts about it; `choice` is the control's name."""
        ...

    def input_of(self, data: Any) -> Any:
        """Return what is read of a task's data, None if there is nothing to read."""
        ...

    def label_of(self, result: list[dict[str, Any]]) -> Any:
        """Return the label that an annotation's result gives, None if none that can be learnt."""
        ...


def examples_of(dataset: Dataset, reader: Reader) -> Examples:
    """Return one example for each labelled task.

    Skipped annotations, those without a label, and labels no longer offered by the label config
    don't count. Where annotators disagree a ground truth decides, then the majority, then the
    newest. Labels are the same if their canonical JSON is.
    """
    every: dict[int, list[_Vote]] = defaultdict(list)
    annotations = [one for one in dataset.live_annotations() if not one.skipped]
    for annotation, label in zip(annotations, labels_of(annotations, reader), strict=True):
        if label is not None:
            every[annotation.task].append((annotation, label, canonical(label)))
    votes = {task: _deciding(all_votes) for task, all_votes in every.items()}
    read = ((task, reader.input_of(dataset.tasks[task].data)) for task in sorted(votes))
    rows = [(task, input_, _agreed(votes[task])) for task, input_ in read if input_ is not None]
    agreeing = [[vote for vote in votes[task] if vote[2] == agreed[2]] for task, _, agreed in rows]
    return Examples(
        tasks=[task for task, _, _ in rows],
        inputs=[input_ for _, input_, _ in rows],
        labels=[label for _, _, (_, label, _) in rows],
        updated_at=[max(annotation.updated_at for annotation, _, _ in each) for each in agreeing],
        votes=[_of_each_annotator(votes[task]) for task, _, _ in rows],
    )


def labels_of(annotations: Sequence[Annotation], reader: Reader) -> list[Any]:
    """Return the label of each annotation, None for one that gives none.

    Annotations without any region may answer a control that was not there yet. If other controls
    were answered before it was, they answer it from its own first answer on. Of several controls,
    as `recipes.protocol.Composed` has them, each label is made of theirs.
    """
    if controls := controls_of(reader):
        return _beside({name: labels_of(annotations, one) for name, one in controls})
    labels = [reader.label_of(one.result) for one in annotations]
    if reader.label_of([]) is None:
        return labels
    since = _asked_since(annotations, labels, reader.about()["choice"])
    return [
        label if one.result or one.updated_at >= since else None
        for one, label in zip(annotations, labels, strict=True)
    ]


def controls_of(reader: Any) -> tuple[tuple[str, Any], ...]:
    """Return the controls of a composed one by name, none of any other."""
    controls: tuple[tuple[str, Any], ...] = getattr(reader, "controls", ())
    return controls


def label_beside(labels: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the label that several controls' labels are together, None if none has one."""
    return {name: label for name, label in labels.items() if label is not None} or None


def _beside(labels: Mapping[str, list[Any]]) -> list[Any]:
    """Return the labels of each row by name, None where there are none."""
    rows = zip(*labels.values(), strict=True)
    return [label_beside(dict(zip(labels, row, strict=True))) for row in rows]


def _asked_since(annotations: Sequence[Annotation], labels: Sequence[Any], name: str) -> str:
    """Return since when a control has been answered; from the beginning if nothing was before.

    As Label Studio tells controls apart, by name and type: one of another type may have its name.
    """
    answered = zip(annotations, labels, strict=True)
    own = {kind for one, label in answered if label is not None for kind in _types(one, name)}
    filled = [one for one in annotations if one.result]
    first = min((one.updated_at for one in filled), default=_NEVER)
    since = min((one.updated_at for one in filled if own & _types(one, name)), default=_NEVER)
    return "" if since == first else since


def _types(annotation: Annotation, name: str) -> set[str]:
    own = (one for one in annotation.result if one.get("from_name") == name)
    return {str(one.get("type")) for one in own}


def _deciding(votes: list[_Vote]) -> list[_Vote]:
    return [vote for vote in votes if vote[0].ground_truth] or votes


def _agreed(votes: list[_Vote]) -> _Vote:
    counts = Counter(text for _, _, text in votes)
    return max(votes, key=lambda vote: (counts[vote[2]], vote[0].updated_at, vote[0].id))


def _of_each_annotator(votes: list[_Vote]) -> list[Any]:
    """Return the newest label of each annotator; an annotation without one counts by itself."""
    in_order = sorted(votes, key=lambda vote: (vote[0].updated_at, vote[0].id))
    latest = {_voter(annotation): label for annotation, label, _ in in_order}
    return list(latest.values())


def _voter(annotation: Annotation) -> tuple[bool, int]:
    if annotation.annotator is None:
        return False, annotation.id
    return True, annotation.annotator
