"""How far people agree with each other."""

from labelloop.bucket.project import Project
from labelloop.domain.intake.folding import Dataset, fold
from labelloop.recipes import control_of
from labelloop.usecases.serving.show_people import disagreeing, given_labels, show_people
from tests.builders import PROJECT, annotation, event, label_config, task

CONTROL = control_of(label_config())


def labelled(*answers: str) -> Dataset:
    """Return a dataset: for each task the answers of users 1, 2 and so on, as letters."""
    words = {"p": "Positive", "n": "Negative"}
    rows = [
        annotation(10 * number + who, words[letter], task=number, annotator=who)
        for number, letters in enumerate(answers, 1)
        for who, letter in enumerate(letters, 1)
    ]
    tasks = tuple(task(number) for number in range(1, len(answers) + 1))
    return fold(Dataset(), [event(annotations=tuple(rows), tasks=tasks)])


def shown(store, dataset):
    people = show_people(Project(store, PROJECT), dataset, None, CONTROL)
    return {one.annotator: (one.with_others, one.shared) for one in people}


def test_who_always_agrees_is_at_one_and_who_guesses_is_near_none(store):
    same = shown(store, labelled(*["pp", "nn"] * 5))
    none = shown(store, labelled("pp", "pn", "np", "nn"))
    apart = shown(store, labelled(*["pp", "pn", "np", "nn"] * 3))

    assert same == {1: (1.0, 10), 2: (1.0, 10)}
    assert none == {1: (None, 0), 2: (None, 0)}
    assert apart[1] == (0.0, 12)


def test_tasks_of_one_annotator_say_nothing(store):
    assert shown(store, labelled(*"pnpnpnpnpn")) == {1: (None, 0)}


def test_labels_that_differ_are_those_of_all_who_labelled_the_task():
    rows = disagreeing(given_labels(labelled("pp", "ppn", "nn"), CONTROL))

    assert [one.id for one in rows] == [21, 22, 23]
