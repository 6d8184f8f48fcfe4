"""Kept evidence: what a version learnt and said comes back, of the release before too."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from labelloop.bucket.evidence import (
    MOST_DOUBTS,
    EvidenceFiles,
    Rejection,
    SamplePredictions,
    TrainingRecord,
)
from labelloop.bucket.features import arrays_of
from labelloop.domain.answers import Answers
from labelloop.domain.columns import Columns, Ragged
from labelloop.domain.judging.hold import Hold
from labelloop.errors import Conflict
from labelloop.recipes.text.probabilities import answers_of, probabilities_of
from tests.builders import PROJECT

VERSION = "3-abc"
KEY = f"projects/{PROJECT}/models/{VERSION}/evidence.npz"
ROWS = [[0.25, 0.75], [0.5, 0.5], [np.nan, np.nan]]
SAMPLE = SamplePredictions(20, np.array([7, 9]), ["yes", "no"])


@pytest.fixture
def evidence(store) -> EvidenceFiles:
    return EvidenceFiles(store, PROJECT)


def record(labels=("yes", "no", "yes"), sample=SAMPLE) -> TrainingRecord:
    answers = answers_of(np.array(ROWS, np.float32), ["no", "yes"])
    return TrainingRecord(np.array([1, 2, 5]), list(labels), answers, sample)


def assert_equal(one: TrainingRecord, other: TrainingRecord | None) -> None:
    assert other is not None
    assert (one.tasks.tolist(), one.labels) == (other.tasks.tolist(), other.labels)
    assert one.out_of_fold.names == other.out_of_fold.names
    rows, others = probabilities_of(one.out_of_fold), probabilities_of(other.out_of_fold)
    assert rows == pytest.approx(others, abs=1e-3, nan_ok=True)
    assert others.dtype == np.float32
    assert (one.sample.labels, one.sample.predicted) == (
        other.sample.labels,
        other.sample.predicted,
    )
    assert one.sample.tasks.tolist() == other.sample.tasks.tolist()


def test_what_a_version_learnt_and_predicted_comes_back(evidence):
    evidence.store(VERSION, record(), [])

    assert_equal(record(), evidence.of(VERSION))
    assert evidence.of("4-def") is None


def test_a_sample_of_nothing_comes_back(evidence):
    nothing = SamplePredictions(3, np.empty(0, np.int64), [])
    evidence.store(VERSION, record(sample=nothing), [])

    assert_equal(record(sample=nothing), evidence.of(VERSION))


@pytest.mark.parametrize(
    "labels",
    [[["a", "b"], ["b"], ["a", "b"]], [4, 4.5, -1], [{"x": 1}, {"x": [2, None]}, True]],
    ids=["several", "numbers", "objects"],
)
def test_labels_may_be_any_json(evidence, labels):
    sample = SamplePredictions(20, np.array([7, 9]), labels[:2])
    evidence.store(VERSION, record(labels, sample), [])

    assert_equal(record(labels, sample), evidence.of(VERSION))


def test_answers_of_any_blocks_come_back(evidence):
    """A recipe alone knows what they mean."""
    places = np.array([5, 6, 7], np.uint32)
    spans = Ragged({"at": places, "sure": np.array([0.5, 1, 0.25])}, np.array([0, 2, 2, 3]))
    answers = Answers((), Columns(3, {"spans": spans, "tokens": np.array([9, 8, 7])}))
    evidence.store(VERSION, replace(record(), out_of_fold=answers), [])

    found = evidence.of(VERSION).out_of_fold

    assert (len(found), found.names) == (3, ())
    assert found.columns.array("tokens").tolist() == [9, 8, 7]
    again = found.columns.ragged("spans")
    assert again.starts.tolist() == [0, 2, 2, 3]
    assert again.arrays["at"].tolist() == [5, 6, 7]
    assert again.arrays["sure"].tolist() == [0.5, 1, 0.25]


def earlier(**changes: Any) -> bytes:
    """Return evidence as the release before stored it: labels are places among classes."""
    arrays: dict[str, Any] = {
        "classes": np.array(["no", "yes"]),
        "tasks": np.array([1, 2, 5]),
        "labels": np.array([1, 0, 1], np.int32),
        "out_of_fold": np.array(ROWS, np.float16),
        "look_labels": np.array(20),
        "look_classes": np.array(["maybe", "no", "yes"]),
        "look_tasks": np.array([7, 9]),
        "look_said": np.array([2, 1], np.int32),
    }
    body = io.BytesIO()
    np.savez_compressed(body, **arrays | changes)
    return body.getvalue()


def test_what_the_release_before_stored_is_read(evidence, store):
    store.tamper(KEY, earlier())

    assert_equal(record(), evidence.of(VERSION))


def test_of_the_release_before_a_look_at_nothing_is_read(evidence, store):
    none = {"look_tasks": np.empty(0, np.int64), "look_said": np.empty(0, np.int32)}
    store.tamper(KEY, earlier(**none, look_classes=np.empty(0, "<U1")))

    assert_equal(
        record(sample=SamplePredictions(20, np.empty(0, np.int64), [])), evidence.of(VERSION)
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"tasks": np.array([1, 2])},
        {"tasks": np.array([2, 1, 5])},
        {"tasks": np.array([1, 1, 5])},
        {"labels": np.array([1, 0, 2])},
        {"labels": np.array([1, 0, -1])},
        {"labels": np.array([1, 0])},
        {"out_of_fold": np.ones((3, 3), np.float16)},
        {"out_of_fold": np.ones((2, 2), np.float16)},
        {"look_said": np.array([3, 1])},
        {"look_said": np.array([2, 1, 0])},
    ],
    ids=range(10),
)
def test_what_does_not_fit_of_the_release_before_counts_as_damaged(evidence, store, changes):
    store.tamper(KEY, earlier(**changes))

    assert evidence.of(VERSION) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"tasks": np.array([1, 2])},
        {"tasks": np.array([2, 1, 5])},
        {"labels": np.array([1, 0, 2])},
        {"labels": np.array([1, 0, -1])},
        {"labels": np.array([1, 0])},
        {"known": np.array(["no", '"yes"'])},
        {"answers:probabilities": np.ones((2, 2), np.float16)},
        {"look_said": np.array([2, 1])},
        {"look_said": np.array([1, 0, 0])},
        {"look_tasks": np.array([7])},
    ],
    ids=range(10),
)
def test_what_does_not_fit_counts_as_damaged(evidence, store, changes):
    evidence.store(VERSION, record(), [])
    body = io.BytesIO()
    np.savez_compressed(body, **arrays_of(store.body(KEY)) | changes)
    store.tamper(KEY, body.getvalue())

    assert evidence.of(VERSION) is None


@pytest.mark.parametrize("form", ["now", "earlier"])
def test_no_damage_is_fatal(evidence, store, form):
    evidence.store(VERSION, record(), [])
    whole = store.body(KEY) if form == "now" else earlier()

    for length in range(0, len(whole) - 1, 29):
        store.tamper(KEY, whole[:length])
        assert evidence.of(VERSION) is None


def test_evidence_is_kept_once(evidence):
    evidence.store(VERSION, record(), [])
    evidence.store(VERSION, record(), [])  # cut off before the card, and tried again

    with pytest.raises(Conflict):
        evidence.store(VERSION, record(["no", "no", "yes"]), [])


def test_so_many_doubts_are_kept_best_first(evidence, store):
    doubts = [{"task": task, "label": "yes"} for task in range(MOST_DOUBTS + 1)]
    evidence.store(VERSION, record(), doubts)

    assert evidence.doubts(VERSION) == doubts[:MOST_DOUBTS]
    assert evidence.doubts("4-def") == []
    for damaged in (b"", b"7", b"[", b"\xff"):
        store.tamper(KEY.replace("evidence.npz", "doubts.json"), damaged)
        assert evidence.doubts(VERSION) == []


def test_a_refusal_is_told_by_the_version_that_refused_and_no_other(evidence):
    refusal = Rejection(VERSION, "4-def", "worse", hold=Hold("2026-11-24", "2026-11-23", 0.3, 0.1))
    evidence.set_rejection(evidence.rejection(VERSION), refusal)

    assert evidence.rejection(VERSION).value == refusal
    assert evidence.rejection("4-def").value == Rejection()


def test_of_two_who_refuse_at_once_one_is_told_so(evidence):
    known = evidence.rejection(VERSION)
    evidence.set_rejection(known, Rejection(VERSION, "4-def", "worse"))

    with pytest.raises(Conflict):
        evidence.set_rejection(known, Rejection(VERSION, "4-fed", "worse"))


def test_a_refusal_that_is_forgotten_is_none(evidence):
    evidence.set_rejection(evidence.rejection(VERSION), Rejection(VERSION, "4-def", "worse"))

    evidence.forget_rejection(VERSION)
    evidence.forget_rejection(VERSION)

    assert evidence.rejection(VERSION).value == Rejection()


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b'{"x": 1}', b'{"hold": {"x": 1}}', b"\xff"])
def test_a_refusal_that_cannot_be_read_is_none_and_is_written_over(evidence, store, body):
    store.tamper(f"projects/{PROJECT}/gate.json", body)

    assert evidence.rejection(VERSION).value == Rejection()
    evidence.set_rejection(evidence.rejection(VERSION), Rejection(VERSION, "4-def", "worse"))
    assert evidence.rejection(VERSION).value.reason == "worse"


def test_a_refusal_of_a_release_that_held_nothing_back_is_read(evidence, store):
    fields = b'{"champion": "3-abc", "version": "4-def", "reason": "worse", "since": "", "at": ""}'
    store.tamper(f"projects/{PROJECT}/gate.json", fields)

    assert evidence.rejection(VERSION).value == Rejection(VERSION, "4-def", "worse")


def test_what_the_encoder_was_tuned_to_comes_back_and_is_stored_only_where_there_is_any(
    evidence, store
):
    evidence.store(VERSION, replace(record(), tuned=np.array([2, 5])), [])
    evidence.store("4-def", record(), [])

    found = evidence.of(VERSION)
    assert found is not None
    assert found.tuned.tolist() == [2, 5]
    assert "tuned" not in arrays_of(store.body(KEY.replace(VERSION, "4-def")))
    assert_equal(record(), evidence.of("4-def"))
