"""Which version is served, as it is stored, and whether this release can read its model."""

import json
from dataclasses import asdict, replace

import pytest

from labelloop.bucket.pointers import ActivePointer
from labelloop.errors import BadModel
from labelloop.recipes import BUILT_IN, GENERATION

TRAINED = ActivePointer(
    "3-abc", 3, BUILT_IN["text_choices"], "sha", encoder="tiny-1", recipe="text_choices"
)
UNTRAINED = ActivePointer(format=GENERATION)


def stored(pointer: ActivePointer, *without: str) -> bytes:
    fields = {name: one for name, one in asdict(pointer).items() if name not in without}
    return json.dumps(fields | {"of_a_later_release": 1}).encode()


def test_a_pointer_comes_back_as_it_was_stored():
    assert ActivePointer.from_json(stored(TRAINED)) == TRAINED
    assert ActivePointer.from_json(stored(UNTRAINED)) == UNTRAINED


def test_a_pointer_of_a_release_that_knew_one_kind_is_of_that_kind():
    pointer = ActivePointer.from_json(stored(TRAINED, "recipe", "held_until"))

    assert pointer == replace(TRAINED, recipe="")
    assert pointer.made_by == TRAINED.made_by == ("text_choices", 2, "tiny-1")
    assert not pointer.is_outdated


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"7", b"{}", b'{"version": 7}', b"\xff", b"[" * 10**5]
)
def test_what_names_no_version_is_refused(body):
    with pytest.raises(BadModel):
        ActivePointer.from_json(body)


def test_a_version_of_another_format_is_outdated():
    assert not TRAINED.is_outdated
    assert replace(TRAINED, format=TRAINED.format - 1).is_outdated
    assert replace(TRAINED, format=TRAINED.format + 1).is_outdated


def test_a_version_of_a_recipe_that_is_not_installed_here_is_outdated_and_known_as_such():
    unknown = replace(TRAINED, recipe="not_here", format=9)

    assert unknown.is_outdated
    assert unknown.is_of_unknown_recipe
    assert not TRAINED.is_of_unknown_recipe
    assert not ActivePointer().is_of_unknown_recipe


def test_without_a_version_the_generation_of_the_recipes_counts():
    """What could not be learnt by an earlier one may be by this one."""
    assert not UNTRAINED.is_outdated
    assert replace(UNTRAINED, format=GENERATION - 1).is_outdated
    assert ActivePointer().is_outdated


@pytest.mark.parametrize("changes", [{"recipe": "other"}, {"format": 9}, {"encoder": ""}])
def test_versions_made_by_other_means_are_told_apart(changes):
    assert replace(TRAINED, **changes).made_by != TRAINED.made_by


def test_newer_is_what_has_newer_data_or_options():
    assert TRAINED.age < replace(TRAINED, revision=1).age < replace(TRAINED, dataset_seq=4).age


def test_a_held_version_is_served_when_its_time_has_come_unless_the_project_is_pinned():
    held = replace(TRAINED, held_until="2026-11-24")

    assert [held.has_held(now) for now in ("2026-11-23", "2026-11-24")] == [False, True]
    assert not replace(held, pinned=True).has_held("2026-11-25")
    assert not TRAINED.has_held("2026-11-25")
