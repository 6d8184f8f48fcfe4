"""The recipe for one choice out of several about a text: `<Choices>` on `<Text>`."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labelloop.domain.intake.events import Annotation
from labelloop.domain.intake.folding import Dataset
from labelloop.recipes.text_choices.field_text import FieldText
from labelloop.recipes.text_choices.offered import Offered

type _Vote = tuple[Annotation, str]


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled tasks: all lists are in one order.

    `updated_at`: when an annotation last gave or confirmed the label; `votes`: the newest label of
    each annotator that counts, oldest first (a ground truth settles what others said).
    """

    tasks: list[int]
    texts: list[str]
    labels: list[str]
    updated_at: list[str]
    votes: list[list[str]]

    def newest(self, most: int) -> list[int]:
        """Return the rows of those labelled last, the newest last."""
        return sorted(range(len(self.tasks)), key=self.updated_at.__getitem__)[-most:]


@dataclass(frozen=True, slots=True)
class TextChoices:
    """A single-choice control: its name, the text it is about, and the choices it offers.

    `others`: controls of the config that are not learnt; `is_pushable`: whether Label Studio's
    import of predictions takes its results. The answer to /predict may hold them all the same.
    """

    from_name: str
    to_name: str
    text: FieldText
    offered: Offered
    others: tuple[str, ...] = ()
    is_pushable: bool = True

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are offered, in the order of the config."""
        return self.offered.labels

    @property
    def text_key(self) -> str:
        """What the texts that the control is about are known by."""
        return self.text.key

    def text_of(self, data: Any) -> str | None:
        """Return the text of a task's data, None if there is nothing to read."""
        return self.text.of(data)

    def answer_of(self, result: list[dict[str, Any]]) -> Any:
        """Return what an annotation's result chooses, as it stands there; None if nothing.

        Of several regions of one control the editor shows the last.
        """
        for region in reversed(result):
            value = region.get("value")
            choices = value.get("choices") if isinstance(value, Mapping) else None
            if region.get("from_name") == self.from_name and choices:
                return choices
        return None

    def label_of(self, result: list[dict[str, Any]]) -> str | None:
        """Return the label that an annotation's result gives, None if it gives none of ours."""
        choices = self.answer_of(result)
        return None if choices is None else self.offered.label_of(choices)

    def region(self, label: str, confidence: float) -> dict[str, Any]:
        """Return the region that shows a label in Label Studio."""
        return {
            "from_name": self.from_name,
            "to_name": self.to_name,
            "type": "choices",
            "value": {"choices": self.offered.value_of(label)},
            "score": confidence,
        }

    def examples(self, dataset: Dataset) -> Examples:
        """Return what there is to learn from, one example for each labelled task, by task id.

        Skipped and empty annotations, and labels that the label config offers no more, don't
        count. Where annotators disagree a ground truth decides, then the majority, then the newest.
        """
        every: dict[int, list[_Vote]] = defaultdict(list)
        for annotation in dataset.live_annotations():
            label = None if annotation.skipped else self.label_of(annotation.result)
            if label is not None:
                every[annotation.task].append((annotation, label))
        votes = {task: _deciding(some) for task, some in every.items()}
        texts = ((task, self.text_of(dataset.tasks[task].data)) for task in sorted(votes))
        rows = [(task, text, _agreed(votes[task])) for task, text in texts if text is not None]
        given = [[vote for vote in votes[task] if vote[1] == label] for task, _, label in rows]
        return Examples(
            tasks=[task for task, _, _ in rows],
            texts=[text for _, text, _ in rows],
            labels=[label for _, _, label in rows],
            updated_at=[max(annotation.updated_at for annotation, _ in some) for some in given],
            votes=[_of_each_annotator(votes[task]) for task, _, _ in rows],
        )


def _deciding(votes: list[_Vote]) -> list[_Vote]:
    return [vote for vote in votes if vote[0].ground_truth] or votes


def _agreed(votes: list[_Vote]) -> str:
    counts = Counter(label for _, label in votes)
    return max(votes, key=lambda vote: (counts[vote[1]], vote[0].updated_at, vote[0].id))[1]


def _of_each_annotator(votes: list[_Vote]) -> list[str]:
    """Return the newest label of each annotator; annotations without one are somebody's each."""
    in_order = sorted(votes, key=lambda vote: (vote[0].updated_at, vote[0].id))
    latest = {_who(annotation): label for annotation, label in in_order}
    return list(latest.values())


def _who(annotation: Annotation) -> tuple[bool, int]:
    if annotation.annotator is None:
        return False, annotation.id
    return True, annotation.annotator
