"""The examples to learn from: one label for each task, agreed on by its annotators."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from labelloop.domain.intake.events import Annotation, canonical
from labelloop.domain.intake.folding import Dataset

type _Vote = tuple[Annotation, Any, str]  # its label, and that as a text


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled tasks, ascending by id; all lists are in this order.

    `inputs` and `labels`: as the recipe reads them. `updated_at`: when an annotation last gave or
    confirmed the label; `votes`: the newest label of each annotator, oldest first (where there is
    a ground truth, of ground truths alone).
    """

    tasks: list[int]
    inputs: list[Any]
    labels: list[Any]
    updated_at: list[str]
    votes: list[list[Any]]

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
        )


class Reader(Protocol):
    """What reads tasks and annotations: `recipes.protocol.Control`."""

    def input_of(self, data: Any) -> Any:
        """Return what is read of a task's data, None if there is nothing to read."""
        ...

    def label_of(self, result: list[dict[str, Any]]) -> Any:
        """Return the label that an annotation's result gives, None if none that can be learnt."""
        ...


def examples_of(dataset: Dataset, reader: Reader) -> Examples:
    """Return one example for each labelled task.

    Skipped and empty annotations, and labels no longer offered by the label config, don't count.
    Where annotators disagree a ground truth decides, then the majority, then the newest. Labels are
    the same if their canonical JSON is.
    """
    every: dict[int, list[_Vote]] = defaultdict(list)
    for annotation in dataset.live_annotations():
        label = None if annotation.skipped else reader.label_of(annotation.result)
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
