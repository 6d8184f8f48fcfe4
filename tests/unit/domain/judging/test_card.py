"""Model cards: stored as people read them, those of earlier releases too."""

import json
from dataclasses import replace

import pytest

from labelloop.domain.judging.card import Card

CARD = Card(
    version="3-0a1b2c3d",
    recipe="text_choices",
    format=2,
    encoder="tiny-1",
    sha256="sha",
    dataset_seq=3,
    dataset_sha256="of the dataset",
    learnt="examples",
    labels=60,
    parts={"Negative": 20, "Positive": 40},
    strategy="margin",
    revision=1,
    trained_at="2026-11-23T12:00:00+00:00",
    seconds=1.5,
    order={"given": 7},
    blind_since="",
    gate={"switches": True, "reason": "the first version"},
    insights={"error": 0.1},
    facts={"bytes": 7, "terms": 3},
)


def read(stored: object, version: str = CARD.version) -> Card | None:
    return Card.read(version, json.loads(json.dumps(stored)))


def test_a_card_comes_back_as_it_was_stored():
    assert read(CARD.to_json()) == CARD
    assert read(replace(CARD, blind_since=None).to_json()) == replace(CARD, blind_since=None)


def test_people_read_the_recipes_facts_among_the_others():
    told = CARD.to_json()

    assert (told["bytes"], told["terms"]) == (7, 3)
    assert told["dataset"] == {"seq": 3, "sha256": "of the dataset"}
    assert told["classes"] == {"Negative": 20, "Positive": 40}
    assert not told.keys() & {"parts", "facts", "dataset_seq", "dataset_sha256"}


def test_no_fact_of_a_recipe_stands_in_for_what_the_loop_writes():
    told = replace(CARD, facts={"version": "9-ffffffff", "labels": 1}).to_json()

    assert (told["version"], told["labels"]) == (CARD.version, 60)


def test_a_card_of_an_earlier_release_says_what_it_can():
    stored = {"format": 1, "sha256": "sha", "dataset": {"seq": 3}, "classes": {"a": 1}, "bytes": 7}

    assert read(stored) == Card(
        version=CARD.version,
        format=1,
        sha256="sha",
        dataset_seq=3,
        parts={"a": 1},
        facts={"bytes": 7},
    )


def test_a_card_is_that_of_the_version_it_lies_with():
    found = read(CARD.to_json(), version="4-0a1b2c3d")

    assert found is not None
    assert found.version == "4-0a1b2c3d"


@pytest.mark.parametrize("stored", [{}, {"dataset": 3}, {"dataset": {}}, {"dataset": {"seq": "3"}}])
def test_a_card_that_says_too_little_to_serve_its_version_is_none(stored):
    assert read({"format": 2, "sha256": "sha"} | stored) is None


@pytest.mark.parametrize(
    ("gate", "is_refused"), [({"switches": False}, True), ({"switches": True}, False), ({}, False)]
)
def test_a_version_is_refused_where_its_gate_said_so(gate, is_refused):
    assert replace(CARD, gate=gate).is_rejected is is_refused


@pytest.mark.parametrize("fact", ["is_imported", "is_brought"])
def test_a_card_says_that_its_version_was_imported_by_an_earlier_release_too(fact):
    stored = replace(CARD, facts={fact: True}).to_json()

    card = read(stored)

    assert card is not None
    assert card.is_imported
    assert not CARD.is_imported
