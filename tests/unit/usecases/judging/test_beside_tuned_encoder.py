"""Trainings beside an encoder that was tuned to labels: what is said of them counts the others."""

import random
from dataclasses import replace

import numpy as np
import pytest

from labelloop.bucket.evidence import TrainingRecord
from labelloop.domain.judging.in_words import lines
from labelloop.domain.learning.examples import Examples
from labelloop.domain.ordering.random_share import is_random
from labelloop.recipes import control_of
from labelloop.usecases.learning.fit_examples import fit_examples
from labelloop.usecases.learning.train import TrainOutcome, train
from labelloop.usecases.serving.find_tasks import find_tasks
from tests.builders import PROJECT, created, task
from tests.deps import training_deps
from tests.tuned_encoder import TunedEncoder
from tests.unit.usecases.judging.counting import SWEEP, card_of, gate_of

TUNED, LABELS = 120, 200


def texts() -> dict[str, int]:
    draw = random.Random(1)
    made = ("".join(draw.choices("abcdefghij", k=12)) for _ in range(LABELS + 200))
    return {text: draw.choice((-1, 1)) for text in made}


SPANS = (
    '<View><Text name="text" value="$text"/><Labels name="city" toName="text">'
    '<Label value="City"/></Labels></View>'
)
SIDES = texts()
TEXTS = list(SIDES)
ENCODER = TunedEncoder(SIDES, TEXTS[:TUNED])


def label_of(row: int, wrong: bool = False) -> str:
    return ("Negative", "Positive")[(SIDES[TEXTS[row]] > 0) != wrong]


@pytest.fixture
def add(project, clock):
    """Label texts: task n has text n - 1. Other annotators say the opposite of some."""

    def add(first: int, last: int, disputed=()) -> None:
        for row in range(first, last):
            clock.sleep(0.001)
            one = created(row + 1, label_of(row), TEXTS[row])
            project.add_event(f"{clock.now:%H%M%S.%f}", one)
            if row in disputed:
                for annotator in (8, 9):
                    clock.sleep(0.001)
                    (annotation,) = created(
                        row + 1, label_of(row, wrong=True), TEXTS[row]
                    ).annotations
                    annotation = replace(
                        annotation, id=10_000 * annotator + row, annotator=annotator
                    )
                    other = replace(one, annotations=(annotation,))
                    project.add_event(f"{clock.now:%H%M%S.%f}", other)

    return add


@pytest.fixture
def learn(store, rank_queue, clock):
    def learn(says_so: bool = True) -> TrainOutcome:
        tools = ENCODER.tools(says_so=says_so)
        return train(SWEEP, training_deps(store, rank_queue, clock, tools=tools, least_known=20))

    return learn


@pytest.fixture
def record(project):
    def record() -> TrainingRecord:
        found = project.evidence.of(project.active().value.version)
        assert found is not None
        return found

    return record


def test_new_labels_alone_have_answers_out_of_fold(add, learn, record):
    add(0, LABELS)
    learn()

    has_answer = record().out_of_fold.columns.are_finite()
    assert record().tasks[~has_answer].tolist() == list(range(1, TUNED + 1))
    assert record().tuned.tolist() == list(range(1, TUNED + 1))


def test_accuracy_is_measured_on_random_labels_that_are_new(add, learn, project, store):
    add(0, LABELS)
    learn()

    told = card_of(project).insights
    random = [n for n in range(TUNED + 1, LABELS + 1) if is_random(n, PROJECT)]
    assert told["tuned"] == TUNED
    assert told["random_share"]["rows"] == len(random) > 0
    assert told["random_share"]["value"] < 0.95
    listed = find_tasks(PROJECT, {"of": "random"}, store)
    assert len(listed.annotations or ()) == len(random)
    assert f"{TUNED} of {LABELS} labels are not counted" in "\n".join(lines(told, LABELS))


def test_before_any_new_label_nothing_is_measured_and_nothing_breaks(add, learn, project, record):
    add(0, TUNED)

    assert learn() is TrainOutcome.SWITCHED

    told = card_of(project).insights
    assert told["random_share"]["value"] is told["gain"] is told["accept"]["threshold"] is None
    assert told["confusions"] == []
    assert told["error"] is None  # there is no pool either
    assert told["curve"] == []
    assert not record().out_of_fold.columns.are_finite().any()
    words = lines(told, TUNED)
    assert "there are none that the encoder was not tuned to" in words[0]
    assert f"{TUNED} of {TUNED} labels are not counted" in words[1]


def test_versions_are_compared_on_new_labels(add, learn, project):
    add(0, LABELS)
    learn()
    add(LABELS, LABELS + 40)

    assert learn() is TrainOutcome.SWITCHED

    numbers = gate_of(project)["numbers"]
    assert numbers["labels"]["rows"] == LABELS - TUNED
    assert numbers["random_share"]["labels"] == sum(
        is_random(n, PROJECT) for n in range(TUNED + 1, LABELS + 41)
    )


def test_too_few_new_labels_are_said_to_be_too_few(add, learn, project):
    add(0, TUNED + 5)
    learn()
    add(TUNED + 5, TUNED + 15)

    assert learn() is TrainOutcome.SWITCHED
    assert gate_of(project)["reason"] == "too few labels to compare on: 5 of at least 20"


def test_a_version_from_before_that_was_known_is_compared_on_new_labels_too(add, learn, project):
    add(0, LABELS)
    learn(says_so=False)
    add(LABELS, LABELS + 40)
    learn()

    assert gate_of(project)["numbers"]["labels"]["rows"] == LABELS - TUNED


def test_labels_that_people_disagree_on_are_doubted_all_the_same(add, learn, project):
    disputed = (3, 7)
    add(0, LABELS, disputed)
    learn()

    doubts = project.evidence.doubts(project.active().value.version)
    of_tuned = {one["task"]: one["why"] for one in doubts if one["task"] <= TUNED}
    assert of_tuned == {row + 1: "annotators disagree" for row in disputed}
    assert [one["doubt"] for one in doubts] == sorted((d["doubt"] for d in doubts), reverse=True)


def test_a_version_without_its_vectors_is_measured_on_all():
    """Spans are learnt from spelling where the encoder has no words: nothing is given away."""
    control, texts = control_of(SPANS), [f"{text} in Rome" for text in TEXTS[:20]]
    inputs = [{"text": text} for text in texts]
    tools = Wordless({}, texts).tools()
    labels = [[[16, 20, "City"]] for _ in texts]
    examples = Examples([*range(1, 21)], inputs, labels, [""] * 20, [[] for _ in texts])
    seen = control.features(inputs, tools)

    examples, trained = fit_examples(control, examples, seen, seen, tools, tools)

    assert trained.out_of_fold.columns.are_finite().all()
    assert not examples.tuned


class Wordless(TunedEncoder):
    """One that tells nothing of single words."""

    def words(self, texts, words):
        return np.empty((sum(map(len, words)), 0), np.float32)


def test_an_older_encoder_without_the_list_is_as_it_was(add, learn, record, project):
    add(0, LABELS)
    learn(says_so=False)

    assert len(record().tuned) == 0
    assert record().out_of_fold.columns.are_finite().all()
    assert "tuned" not in card_of(project).insights


def test_a_pool_beside_it_is_learnt_from(add, learn, project):
    project.pool.add("0001", [task(1_000 + n, TEXTS[LABELS + n]) for n in range(50)])
    add(0, LABELS)

    assert learn() is TrainOutcome.SWITCHED
