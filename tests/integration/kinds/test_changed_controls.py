"""What a project's control is changes, while versions, labels and answers of the old one remain."""

import json
from dataclasses import replace
from importlib import metadata
from types import SimpleNamespace
from typing import Any

import pytest

from labelloop.errors import Unprocessable
from labelloop.recipes import GROUP, forget_added
from labelloop.usecases.learning.train import TrainOutcome
from labelloop.usecases.ordering.push import RankOutcome
from labelloop.usecases.serving.activate import ActivateDeps, activate
from labelloop.usecases.serving.pin import PinDeps, pin, unpin
from labelloop.usecases.serving.show_project import show_project
from tests.fakes import MemoryQueue
from tests.integration.kinds.project import ChangingProject, Result, renamed
from tests.integration.test_toy_recipe import ParityRecipe, region
from tests.kinds import (
    candidates,
    numbers,
    several_choices,
    several_controls,
    spans,
    taxonomy,
    text_choices,
)
from tests.kinds.example import Example

FIRST, SECOND, THIRD = range(24), range(24, 48), range(48, 60)


def _percent(data: dict[str, Any]) -> Result:
    (region,) = numbers.answer(data)
    return [region | {"type": "number", "value": {"number": region["value"]["rating"] * 20}}]


PERCENT = Example(
    "numbers",
    numbers.CONFIG.replace("<Rating", "<Number").replace(
        'maxRating="5"', 'min="0" max="100" step="20"'
    ),
    numbers.EXAMPLE.tasks,
    _percent,
)
# What the project is, what it becomes, and what status says of the version of before.
CHANGES = {
    "a rating becomes a number": (
        numbers.EXAMPLE,
        PERCENT,
        "it answers rating 'stars' from 1 to 5, and the label config asks number 'stars' from 0 "
        "to 100",
    ),
    "buckets become an order": (
        candidates.SORTED,
        candidates.EXAMPLE,
        "it answers ranker with buckets 'rank', and the label config asks ranker 'rank'",
    ),
    "an order becomes buckets": (candidates.EXAMPLE, candidates.SORTED, "asks ranker with buckets"),
    "a rating is renamed": (
        numbers.EXAMPLE,
        renamed(numbers.EXAMPLE, "stars", "score"),
        "it answers rating 'stars' from 1 to 5, and the label config asks rating 'score' from 1",
    ),
    "a choice is renamed": (
        text_choices.EXAMPLE,
        renamed(text_choices.EXAMPLE, "subject", "theme"),
        "it answers choice 'subject', and the label config asks choice 'theme'",
    ),
    "an order is renamed": (
        candidates.EXAMPLE,
        renamed(candidates.EXAMPLE, "rank", "places"),
        "asks ranker 'places'",
    ),
    "spans are renamed": (
        spans.EXAMPLE,
        renamed(spans.EXAMPLE, "ner", "entities"),
        "it answers labels 'ner', and the label config asks labels 'entities'",
    ),
}


@pytest.fixture(params=CHANGES.values(), ids=[*CHANGES])
def change(request) -> tuple[Example, Example, str]:
    found: tuple[Example, Example, str] = request.param
    return found


def begun(example: Example) -> ChangingProject:
    """Return a project with a first version, and an order."""
    project = ChangingProject(example.config, example.tasks)
    project.rank()  # lists the tasks, before there is any label
    project.label(FIRST, example.answer)
    assert project.train() is TrainOutcome.SWITCHED
    assert RankOutcome.PUSHED in project.rank()
    assert any(project.predict(example.tasks[48:]))
    assert project.status["no_model"] is None
    return project


def test_a_version_of_another_control_is_not_served_and_the_next_one_is(change):
    before, after, why = change
    project = begun(before)
    first, unseen = project.version, after.tasks[48:]

    project.configure(after.config)
    assert not any(project.predict(unseen))
    assert project.train() is TrainOutcome.SWITCHED  # to none, as nobody has answered it yet
    assert project.version == "untrained"
    assert why in project.status["no_model"]["reason"]
    assert project.status["no_model"]["had_model"]
    assert project.status["refused"] is None
    project.rank()

    project.label(SECOND, after.answer)
    assert project.train() is TrainOutcome.SWITCHED
    assert RankOutcome.PUSHED in project.rank()
    assert project.right(unseen, after.answer) > 0.5
    assert project.card.labels == len(SECOND)
    assert project.status["no_model"] is None
    with pytest.raises(Unprocessable, match="it answers"):
        activate(project.key, first, ActivateDeps(store=project.store, rank_queue=MemoryQueue()))

    project.label(THIRD, after.answer)  # and goes on as any project
    project.train()
    assert project.card.gate["numbers"]["labels"]["rows"]


def test_a_version_of_an_earlier_release_is_not_compared_with_one_of_another_control(
    change, monkeypatch
):
    """It stores no signature, and trainings failed for ever at answers of another kind."""
    monkeypatch.setattr("labelloop.usecases.serving.show_people.is_random", lambda *_: True)
    before, after, _ = change
    project = begun(before)
    first, root = project.version, f"projects/{project.key}/"
    for key in (f"{root}active.json", f"{root}models/{first}/card.json"):
        body = project.store.get(key)
        assert body is not None
        fields = json.loads(body.body)
        del fields["signature"]
        project.store.tamper(key, json.dumps(fields).encode())

    project.configure(after.config)
    project.label(FIRST, after.answer)
    project.label(SECOND, after.answer)
    pin(project.key, PinDeps(store=project.store, train_queue=project.queue))
    project.train()
    (person,) = show_project(project.key, project.store)["people"]
    assert person["agreement"] is None
    unpin(project.key, PinDeps(store=project.store, train_queue=project.queue))

    assert project.train() is TrainOutcome.SWITCHED
    assert "of another control" in project.card.gate["reason"]
    with pytest.raises(Unprocessable, match="it answers"):
        activate(project.key, first, ActivateDeps(store=project.store, rank_queue=MemoryQueue()))


def test_the_page_compares_nobody_with_a_version_of_another_control(change, monkeypatch):
    """People would agree with it to 153 %, and of some kinds the page failed."""
    monkeypatch.setattr("labelloop.usecases.serving.show_people.is_random", lambda *_: True)
    before, after, why = change
    project = begun(before)
    pin(project.key, PinDeps(store=project.store, train_queue=project.queue))
    doubts = f"projects/{project.key}/models/{project.version}/doubts.json"
    project.store.tamper(doubts, b'[{"task": 1, "label": "a", "suggested": "b"}]')
    (person,) = show_project(project.key, project.store)["people"]
    assert person["blind"] == len(FIRST)

    project.configure(after.config)
    project.label(SECOND, after.answer)
    project.label(FIRST, after.answer)
    project.train()

    shown = show_project(project.key, project.store)
    assert why in shown["status"]["no_model"]["reason"]
    assert [one["agreement"] for one in shown["people"]] == [None]
    assert shown["doubts"] == project.doubts == []
    assert shown["random_order"] == []


def test_a_pinned_version_of_another_control_is_not_served_either_and_status_says_why(change):
    before, after, why = change
    project = begun(before)
    first = project.version
    pin(project.key, PinDeps(store=project.store, train_queue=project.queue))

    project.configure(after.config)
    project.train()

    assert project.version == first
    assert not any(project.predict(after.tasks[48:]))
    assert f"nothing is predicted by {first}: it answers" in project.status["no_model"]["reason"]
    assert why in project.status["no_model"]["reason"]
    assert project.doubts == []
    project.rank()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value="$text"', 'value="$title"'),
        ('<Text name="text" value="$text"/>', '<Text name="text" value="Title: $title"/>'),
    ],
    ids=["another field", "a template"],
)
def test_a_version_that_learnt_from_another_field_is_not_compared_with(old, new):
    tasks = [data | {"title": data["text"].upper()} for data in text_choices.EXAMPLE.tasks]
    example = text_choices.EXAMPLE
    project = begun(Example(example.recipe, example.config, tasks, example.answer))
    first = project.version

    project.configure(example.config.replace(old, new))
    assert not any(project.predict(tasks[48:]))
    assert project.train() is TrainOutcome.SWITCHED  # the labels are the same

    assert project.version not in (first, "untrained")
    assert "it has learnt from 'text'" in project.card.gate["reason"]
    assert any(project.predict(tasks[48:]))


def test_an_object_that_is_renamed_changes_nothing(change):
    before, _, _ = change
    about = before.answer(before.tasks[0])[0]["to_name"]
    project = begun(before)
    first, other = project.version, renamed(before, about, "another")

    project.configure(other.config)
    answered = project.predict(before.tasks[48:])
    project.train()

    assert project.version == first
    assert {region["to_name"] for result in answered for region in result} == {"another"}


@pytest.mark.parametrize(
    ("example", "part", "another"),
    [
        (text_choices.EXAMPLE, '<Choice value="food"/>', '<Choice value="weather"/>'),
        (several_choices.EXAMPLE, '<Choice value="Praise"/>', '<Choice value="Other"/>'),
        (taxonomy.EXAMPLE, '<Choice value="Refund"/>', '<Choice value="Lost"/>'),
        (spans.EXAMPLE, '<Label value="Company"/>', '<Label value="Date"/>'),
        (candidates.SORTED, '<Bucket name="harmful" title="Harmful"/>', '<Bucket name="dull"/>'),
    ],
    ids=["choice", "boxes", "taxonomy", "spans", "buckets"],
)
def test_parts_that_come_and_go_make_no_other_control(example, part, another):
    assert part in example.config
    project = begun(example)

    for now in (part + another, another, part):
        project.configure(example.config.replace(part, now))
        assert any(project.predict(example.tasks[48:]))
        project.train()
        project.rank()
        assert project.status["no_model"] is None
        assert "of another control" not in json.dumps(project.card.gate)


# -- several controls ------------------------------------------------------------------------

SEVERAL = several_controls.EXAMPLE
TICKED = SEVERAL.config.replace('choice="single">', 'choice="multiple">')


def names(results: list[Result]) -> set[str]:
    return {region["from_name"] for result in results for region in result}


@pytest.mark.parametrize(
    ("after", "left"),
    [
        (Example("several_controls", TICKED, SEVERAL.tasks, SEVERAL.answer), {"about.what"}),
        (renamed(SEVERAL, "tone", "mood"), {"about.what"}),
    ],
    ids=["a single choice becomes several", "one is renamed"],
)
def test_of_several_controls_the_others_are_answered_until_the_next_version(after, left):
    project = begun(SEVERAL)
    unseen = SEVERAL.tasks[48:]
    assert names(project.predict(unseen)) == {"tone", "about.what"}

    project.configure(after.config)
    assert names(project.predict(unseen)) == left
    project.rank()
    assert project.train() is TrainOutcome.SWITCHED
    assert "of another control" in project.card.gate["reason"]
    project.rank()

    project.label(SECOND, after.answer)
    project.train()
    assert project.status["refused"] is None
    assert names(project.predict(unseen)) == names([after.answer(data) for data in unseen]) - {
        "note"
    }
    assert project.right(unseen, after.answer) > 0.5


def test_a_control_that_comes_leaves_the_others_answered():
    stars = '<Rating name="stars" toName="message" maxRating="5"/></View>'
    project = begun(SEVERAL)

    project.configure(SEVERAL.config.replace("</View>", stars))
    assert names(project.predict(SEVERAL.tasks[48:])) == {"tone", "about.what"}
    project.train()
    assert names(project.predict(SEVERAL.tasks[48:])) == {"tone", "about.what"}


# -- annotations without any region ------------------------------------------------------------


def nothing(data: dict[str, Any]) -> Result:
    return []


BLANK = range(24, 34)  # submitted empty


def test_what_was_submitted_empty_before_spans_were_renamed_says_nothing_of_the_new_ones():
    after = renamed(spans.EXAMPLE, "ner", "entities")
    project = begun(spans.EXAMPLE)
    project.label(BLANK, nothing)
    project.train()
    assert project.card.labels == len(FIRST) + len(BLANK)

    project.configure(after.config)
    project.train()
    assert project.version == "untrained"
    assert "submitted empty before the control was answered" in project.status["learning"]["line"]

    project.label(range(34, 50), after.answer)
    project.label(range(50, 54), nothing)  # these say that nothing is in the texts
    project.train()
    assert project.card.labels == 16 + 4
    assert project.status["learning"]["usable"]["usable"] == 16 + 4


def test_what_was_submitted_empty_to_a_choice_says_nothing_of_the_spans_that_came_later():
    example = spans.EXAMPLE
    choice = text_choices.EXAMPLE.config
    project = ChangingProject(choice, example.tasks)
    project.rank()
    project.label(range(12), lambda _: text_choices.EXAMPLE.answer(text_choices.EXAMPLE.tasks[0]))
    project.label(range(12, 22), nothing)
    project.train()

    project.configure(example.config)
    project.label(range(22, 40), example.answer)
    project.train()

    assert project.card.recipe == "spans"
    assert project.card.labels == 18


def test_texts_without_spans_count_from_the_beginning_where_nothing_else_was_ever_asked():
    example = spans.EXAMPLE
    project = ChangingProject(example.config, example.tasks)
    project.label(range(5), nothing)
    project.label(range(5, 20), example.answer)
    project.train()

    assert project.card.labels == 20


# -- a recipe of a package within several controls ---------------------------------------------

MIXED = (
    '<View><Text name="number" value="$n"/><Number name="parity" toName="number"/>'
    '<Text name="text" value="$text"/><Choices name="subject" toName="text">'
    '<Choice value="money"/><Choice value="travel"/><Choice value="food"/></Choices></View>'
)


class Turned(ParityRecipe):
    """The same in another format: what an artefact of before says means the opposite."""

    format = 8

    def load(self, artefact: bytes) -> Any:
        model = super().load(artefact)
        return replace(model, weights=tuple(-each for each in model.weights))


@pytest.fixture
def install(monkeypatch):
    entry_points = metadata.entry_points

    def install(recipe: Any) -> None:
        point = SimpleNamespace(name="parity", load=lambda: recipe)

        def found(*, group: str) -> Any:  # scikit-learn's libraries look for plugins, too
            return [point] if group == GROUP else entry_points(group=group)

        monkeypatch.setattr(metadata, "entry_points", found)
        forget_added()

    yield install
    forget_added()


def _both(data: dict[str, Any]) -> Result:
    return [region(data["n"] % 2), *text_choices.EXAMPLE.answer(data)]


def test_another_format_of_a_package_within_several_controls_is_another_version(install):
    tasks = [data | {"n": 7 * row} for row, data in enumerate(text_choices.EXAMPLE.tasks)]
    install(ParityRecipe())
    project = begun(Example("several_controls", MIXED, tasks, _both))
    unseen = tasks[48:]
    assert names(project.predict(unseen)) == {"parity", "subject"}
    assert project.stored.untrained_dataset("") is None

    install(Turned())
    assert names(project.predict(unseen)) == {"subject"}
    assert project.stored.untrained_dataset("") is not None
    assert project.stored.untrained_dataset("", trusts_unknown=True) is not None
    project.rank()

    install(ParityRecipe())  # the package of before is back
    assert names(project.predict(unseen)) == {"parity", "subject"}


def test_a_package_of_another_format_is_learnt_again_without_a_new_label(install):
    class Renewed(ParityRecipe):
        format = 8

    tasks = [data | {"n": 7 * row} for row, data in enumerate(text_choices.EXAMPLE.tasks)]
    install(ParityRecipe())
    project = begun(Example("several_controls", MIXED, tasks, _both))
    first = project.version

    install(Renewed())
    assert project.train() is TrainOutcome.SWITCHED
    assert project.version != first
    assert "another format" in project.card.gate["reason"]
    assert names(project.predict(tasks[48:])) == {"parity", "subject"}
    assert project.train() is TrainOutcome.UP_TO_DATE


def test_where_a_package_is_gone_the_others_are_learnt_without_a_new_label(install):
    tasks = [data | {"n": 7 * row} for row, data in enumerate(text_choices.EXAMPLE.tasks)]
    install(ParityRecipe())
    project = begun(Example("several_controls", MIXED, tasks, _both))

    install(SimpleNamespace(name="other", format=1, read=lambda _: None, why_not=lambda _: ""))

    assert project.stored.untrained_dataset("", trusts_unknown=True) is not None
    assert project.train() is TrainOutcome.SWITCHED
    assert names(project.predict(tasks[48:])) >= {"subject"}
    assert project.stored.untrained_dataset("", trusts_unknown=True) is None
