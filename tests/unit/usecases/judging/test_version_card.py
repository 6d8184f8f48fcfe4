"""What is known of the labels after a version was judged: on its card, and beside it."""

import io
import json

import numpy as np
import pytest

from labelloop.bucket.evidence import EvidenceFiles, Rejection, TrainingRecord
from labelloop.bucket.features import FeatureFiles
from labelloop.bucket.pool import Pool
from labelloop.recipes import control_of, folder_of
from labelloop.recipes.text.probabilities import probabilities_of
from labelloop.recipes.tools import Toolbox
from labelloop.usecases.learning.task_features import features_of_shard
from tests.builders import (
    LABELS,
    PROJECT,
    created,
    event,
    label_config,
    task,
)
from tests.unit.usecases.judging.counting import card_of, gate_of, labels, text_of


@pytest.fixture
def kept_pool(store):
    """A pool of 200 tasks whose features were kept by a ranking."""
    pool, control = Pool(store, PROJECT), control_of(label_config())
    pool.add("listed-000000", [task(i, text_of(i)) for i in range(1_001, 1_201)])
    (shard,) = pool.shards()
    kept = FeatureFiles(store, PROJECT, folder_of(control.recipe, ""))
    features_of_shard(shard, pool, control, kept, Toolbox())


def test_the_pool_is_asked_as_well(learn, project, kept_pool):
    learn(*labels(1, 60))
    learn(*labels(61, 40, day=1))

    assert gate_of(project)["numbers"]["pool"]["rows"] == 200


def test_tasks_that_were_deleted_or_skipped_are_not_asked(learn, project, kept_pool):
    gone = event(action="TASKS_DELETED", deleted_tasks=(1_001, 1_002))
    learn(*labels(1, 60))
    learn(*labels(61, 40, day=1), gone, created(1_003, None, skipped=True))

    assert gate_of(project)["numbers"]["pool"]["rows"] == 197


def test_the_card_tells_what_the_labels_are_worth(learn, project, kept_pool):
    learn(*labels(1, 300))

    told = card_of(project).insights
    assert told["random_share"]["rows"] > 15
    assert told["random_share"]["value"] > 0.9
    assert set(told["by_class"]) == set(LABELS)
    assert [point["labels"] for point in told["curve"]] == [300]
    assert told["gain"]["labels"] == 100


def test_labels_given_before_the_random_share_was_blind_are_counted_apart(
    learn, project, deps, kept_pool, clock
):
    def assisted() -> tuple[int, int]:
        told = card_of(project).insights
        return told["assisted"], told["random_share"]["rows"]

    learn(*labels(1, 300))
    assert assisted() == (0, assisted()[1])  # blind from the beginning

    object.__setattr__(deps, "is_blind", False)
    learn(*labels(301, 100, day=1))
    assert assisted()[0] == assisted()[1]  # all of them may have been

    object.__setattr__(deps, "is_blind", True)
    learn(*labels(401, 100, day=1))
    before, clock.now = assisted(), clock.now.replace(hour=14)
    learn(*labels(501, 400, day=3))
    assert before[0] == before[1] == assisted()[0] < assisted()[1]


def test_a_version_of_an_earlier_release_came_with_suggestions(learn, project, store, kept_pool):
    learn(*labels(1, 300))
    version = project.active().value.version
    (key,) = store.keys(f"{version}/card.json")
    card = json.loads(store.body(key))
    del card["blind_since"]
    store.tamper(key, json.dumps(card).encode())

    learn(*labels(301, 100, day=1))

    told = card_of(project).insights
    assert told["assisted"] == told["random_share"]["rows"]


def test_labels_that_were_there_before_the_first_order_are_not_said_to_save_any(
    learn, project, kept_pool
):
    saved = []
    for day, first, count in [(0, 1, 60), (2, 61, 60), (3, 121, 20)]:  # the first order is at 12
        learn(*labels(first, count, day=day))
        saved.append(card_of(project).insights["saving"])

    assert saved[:2] == [None, None]
    assert saved[2]["random_order"] > 140


@pytest.mark.parametrize(("first", "gain"), [(1, 100), (1_001, None)])
def test_what_is_left_is_known_of_a_pool_that_was_ranked(learn, project, kept_pool, first, gain):
    learn(*labels(first, 200))

    told = card_of(project).insights
    assert (told["gain"] and told["gain"]["labels"]) == gain


def test_before_the_first_ranking_all_is_not_taken_to_be_labelled(learn, project):
    learn(*labels(1, 60))

    assert card_of(project).insights["gain"]["labels"] == 100


def test_the_curve_goes_on_and_versions_are_compared_over_steps_of_any_size(
    learn, project, kept_pool
):
    for day, (first, count) in enumerate([(1, 60), (61, 15), (76, 15), (91, 30)]):
        learn(*labels(first, count, day=day))

    told = card_of(project).insights
    assert [point["labels"] for point in told["curve"]] == [60, 75, 120]
    assert told["disagreements"] == [0.0, 0.0]  # 60 to 90, 90 to 120; not 60 to 75


def kept_of(store, version: str) -> TrainingRecord:
    found = EvidenceFiles(store, PROJECT).of(version)
    assert found is not None
    return found


def as_stored_before(kept: TrainingRecord) -> bytes:
    """Return what the release before stored, which knew labels by their places among classes."""
    body, names = io.BytesIO(), list(kept.out_of_fold.names)
    np.savez_compressed(
        body,
        classes=np.array(names, np.str_),
        tasks=kept.tasks,
        labels=np.array([names.index(label) for label in kept.labels], np.int32),
        out_of_fold=probabilities_of(kept.out_of_fold).astype(np.float16),
        look_labels=np.array(kept.sample.labels),
        look_classes=np.array(names, np.str_),
        look_tasks=kept.sample.tasks,
        look_said=np.array([names.index(label) for label in kept.sample.predicted], np.int32),
    )
    return body.getvalue()


def test_what_the_release_before_kept_is_read(learn, project, store, kept_pool):
    learn(*labels(1, 60))
    version = project.active().value.version
    kept = kept_of(store, version)
    (key,) = store.keys(f"{version}/evidence.npz")
    store.tamper(key, as_stored_before(kept))

    found = kept_of(store, version)

    assert found.tasks.tolist() == kept.tasks.tolist()
    assert found.labels == kept.labels
    assert found.out_of_fold.names == kept.out_of_fold.names
    was, now = (probabilities_of(one.out_of_fold) for one in (kept, found))
    assert now.tolist() == was.tolist()
    assert (found.sample.labels, found.sample.predicted) == (
        kept.sample.labels,
        kept.sample.predicted,
    )
    assert found.sample.tasks.tolist() == kept.sample.tasks.tolist()


@pytest.mark.parametrize("is_earlier", [False, True])
def test_a_version_is_judged_by_what_the_release_before_kept(
    learn, project, store, kept_pool, is_earlier
):
    learn(*labels(1, 60))
    version = project.active().value.version
    (key,) = store.keys(f"{version}/evidence.npz")
    if is_earlier:
        store.tamper(key, as_stored_before(kept_of(store, version)))

    learn(*labels(61, 40, day=1))

    assert gate_of(project)["numbers"]["labels"]["rows"] == 60
    assert gate_of(project)["numbers"]["new"]["rows"] == 40
    told = card_of(project).insights
    assert told["disagreements"] == [0.0]


def test_labels_in_doubt_are_kept_with_the_version(learn, project, store):
    wrong = labels(61, 1, swapped=True)
    again = [created(900, LABELS[len(text_of(5)) % 2 - 1], task=5, annotator=2)]
    learn(*labels(1, 60), *wrong, *again)

    found = EvidenceFiles(store, PROJECT).doubts(project.active().value.version)

    assert {(one["task"], one["why"]) for one in found} >= {
        (61, "the model expects another label"),
        (5, "annotators disagree"),
    }
    (one,) = [one for one in found if one["task"] == 61]
    assert {one["label"], one["suggested"]} == set(LABELS)
    assert 0.5 < one["doubt"] <= 1


def test_damaged_doubts_and_refusals_are_none(store):
    evidence = EvidenceFiles(store, PROJECT)
    store.create(f"projects/{PROJECT}/models/1-a/doubts.json", b"{")
    store.create(f"projects/{PROJECT}/gate.json", b'{"other": 1}')

    assert evidence.doubts("1-a") == []
    assert evidence.rejection("1-a").value == Rejection()
    evidence.set_rejection(evidence.rejection("1-a"), Rejection("1-a", "2-b"))
    assert evidence.rejection("1-a").value.version == "2-b"
