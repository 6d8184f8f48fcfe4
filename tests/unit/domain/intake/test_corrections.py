"""What Label Studio was seen to have is true, whatever was told, lost, or left undated."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labelloop.domain.intake.events import Event, text_of
from labelloop.domain.intake.folding import Dataset, fold, joined
from labelloop.errors import Unprocessable
from labelloop.usecases.intake.reconcile import ALL_ABOVE, compared
from tests.builders import PROJECT, annotation, created, event, region, task
from tests.living_project import LOUD, SILENT, LivingProject

SEEDS = range(100)
NOW, SECOND = datetime(2026, 11, 23, 12, tzinfo=UTC), timedelta(seconds=1)
AT_2 = "2026-11-23T10:00:02.000000+00:00"


def folded(events: list[Event], dataset: Dataset | None = None) -> Dataset:
    read = [Event.from_json(one.to_json()) for one in events]
    start = dataset or Dataset()
    return fold(Dataset.from_lines(start.to_lines()), read)


def known(dataset: Dataset):
    live = dataset.live_annotations()
    labels = {one.id: (one.task, one.result, one.skipped) for one in live}
    texts = {one.task: dataset.tasks[one.task].data for one in live}
    most = dataset.settings.get("maximum_annotations")
    return labels, texts, (dataset.label_config, most)


def lived(project: LivingProject, things: tuple[str, ...], chance: random.Random, losing: float):
    """Return the events that arrived, surveys' among them; each sees what arrived by then."""
    arrived: list[Event] = []
    for _ in range(chance.randint(1, 25)):
        told = project.live(chance.choice(things))
        arrived += [one for one in told if chance.random() >= losing]
        if chance.random() < 0.2:
            seen = [one for one in arrived if chance.random() < 0.8]
            arrived += project.survey(folded(seen))
    return arrived


@pytest.mark.parametrize("seed", SEEDS)
def test_a_survey_ends_in_what_label_studio_has_whatever_happened(seed):
    chance = random.Random(seed)
    project = LivingProject(chance)
    arrived = lived(project, (*LOUD, *SILENT, "save", "restore"), chance, chance.random())

    dataset = folded(arrived)
    for _ in range(2):  # what moved to an earlier page is found by the next survey
        dataset = folded(project.survey(dataset), dataset)

    labels, texts, settings = known(dataset)
    there = project.known()
    assert (labels, texts) == there[:2]
    assert not labels or settings == there[2]
    assert not labels or dataset.done_tasks() == project.is_labeled()
    assert project.survey(dataset) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_and_number_of_events_and_surveys_gives_the_same_bytes(seed):
    chance = random.Random(seed)
    project = LivingProject(chance)
    arrived = lived(project, (*LOUD, *SILENT), chance, chance.choice((0, 0.3)))
    expected = folded(arrived).to_lines()

    for _ in range(5):
        often = [one for one in arrived for _ in range(chance.randint(1, 3))]
        chance.shuffle(often)
        cut = chance.randint(0, len(often))
        assert folded(often[cut:], folded(often[:cut])).to_lines() == expected


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_whose_events_were_lost_give_the_same_bytes_after_a_survey(seed):
    chance = random.Random(seed)
    project = LivingProject(chance)
    things = ("label", "skip", "change", "import")
    told = [one for _ in range(20) for one in project.live(chance.choice(things))]
    arrived = [one for one in told if chance.random() >= chance.random()]

    dataset = folded(arrived)
    dataset = folded(project.survey(dataset), dataset)

    whole = folded(told)
    dataset.label_config_at = whole.label_config_at  # the API doesn't tell it
    assert dataset.to_lines() == whole.to_lines()


def test_what_agrees_is_left_as_it_is():
    project = LivingProject(random.Random(1))
    things = ("label", "skip", "change", "delete", "label", "import", "label", "delete_task")
    told = [one for what in things * 3 for one in project.live(what)]

    assert project.survey(folded(told)) == []


def page_of(*rows, as_of=NOW - SECOND, dataset=None, now=NOW, **task_changes):
    """Compare a page that has one task with these annotations."""
    at = "2026-11-23T09:00:00.000000+00:00"
    task = {"id": 1, "data": {"text": "Task 1"}, "created_at": at, "updated_at": at}
    tasks = [task | task_changes | {"annotations": list(rows)}]
    return compared(PROJECT, dataset or Dataset(), tasks, (0, ALL_ABOVE), as_of, now)


def shown(id_=1, label="Positive", **changes):
    at = "2026-11-23T10:00:01.000000+00:00"
    times = {"created_at": "2026-11-23T10:00:00.000000+00:00", "updated_at": at}
    fields = {"id": id_, "result": [region(label)], "completed_by": 1, "was_cancelled": False}
    return fields | times | changes


@pytest.mark.parametrize("id_", [None, ["a", 1], "7", 0, {}])
def test_a_row_without_an_id_has_the_page_refused_as_it_would_seem_deleted(id_):
    known = folded([created(1)])

    with pytest.raises(Unprocessable, match=r"task\.id"):
        page_of(shown(), dataset=known, id=id_)
    with pytest.raises(Unprocessable, match=r"annotation\.id"):
        page_of(shown(id_), dataset=known)


def test_what_was_stored_with_fewer_fields_heals_and_later_deliveries_change_nothing():
    trimmed = folded([created(1)])
    whole = region("Positive") | {"id": "r1", "origin": "manual"}

    event = page_of(shown(result=[whole]), dataset=trimmed)

    healed = folded([event, created(1)], trimmed)
    assert healed.annotations[1].result == [whole]
    assert healed.corrected_annotations == {}
    assert page_of(shown(result=[whole]), dataset=healed) is None


def test_a_renamed_label_stays_renamed_when_its_old_event_comes_once_more():
    known = folded([created(1)])

    renamed = folded([page_of(shown(label="Good"), dataset=known)], known)

    again = folded([created(1)], renamed)
    assert again.annotations[1].result == [region("Good")]
    later = created(1, "Negative", updated_at="2026-11-23T12:00:30.000000+00:00")
    assert folded([later], again).annotations[1].result == [region("Negative")]


def test_a_page_says_nothing_of_what_came_after_it():
    soon = "2026-11-23T11:59:59.500000+00:00"
    known = folded([created(1), created(2, task=1, created_at=soon, updated_at=soon)])

    assert page_of(shown(), dataset=known) is None


def test_a_row_dated_past_any_clock_is_no_difference_each_time():
    never = {"created_at": "9999-01-01T00:00:00Z", "updated_at": "9999-01-01T00:00:00Z"}
    first = page_of(shown(**never))
    known = folded([first])

    assert page_of(shown(**never), dataset=known, now=NOW + 60 * SECOND) is None
    other = page_of(shown(label="Negative", **never), dataset=known, as_of=NOW + 59 * SECOND)
    assert folded([other], known).annotations[1].result == [region("Negative")]


def test_a_clock_of_label_studio_that_is_hours_ahead_is_not_believed():
    known = folded([page_of(shown(), as_of=NOW)])

    event = page_of(shown(label="Good"), dataset=known, as_of=NOW + 3600 * SECOND)

    assert event.as_of == event.received_at
    assert folded([event], known).annotations[1].result == [region("Good")]


def test_labels_moved_to_another_task_are_moved_and_not_lost():
    known = folded([created(1), created(2), event(deleted_tasks=(2,))])
    assert [one.id for one in known.live_annotations()] == [1]

    moved = shown(2, created_at=known.annotations[2].created_at, updated_at=AT_2)

    event_ = page_of(shown(), moved, dataset=known)
    assert [(one.id, one.task) for one in folded([event_], known).live_annotations()] == [
        (1, 1),
        (2, 1),
    ]


def test_a_task_that_was_deleted_and_is_there_again_may_be_labelled_again():
    known = folded([event(deleted_tasks=(1,))])
    assert 1 in known.deleted_until()

    back = folded([page_of(dataset=known)], known)

    assert back.deleted_until() == {}


def test_without_its_number_of_annotators_a_task_keeps_the_known_one():
    known = folded([created(1), event(tasks=(replace(task(1), overlap=3),))])

    assert page_of(shown(), dataset=known) is None


def test_a_label_said_to_be_made_in_the_year_9999_is_corrected_by_a_page():
    never = "9999-12-31T23:59:59.000000+00:00"
    row = annotation(1, "Negative", created_at=never, updated_at=never)
    forged = event(annotations=(row,), received_at=text_of(NOW - 60 * SECOND))
    known = folded([created(1), forged])
    assert known.annotations[1].result == [region("Negative")]

    event_ = page_of(shown(), dataset=known)

    assert folded([event_], known).annotations[1].result == [region("Positive")]


@pytest.mark.parametrize("seed", SEEDS)
def test_two_datasets_of_parts_of_the_events_join_to_that_of_all(seed):
    chance = random.Random(seed)
    arrived = lived(LivingProject(chance), (*LOUD, *SILENT), chance, 0.0)
    parts = [[one for one in arrived if chance.random() < 0.7] for _ in range(2)]
    union = [one for one in arrived if one in parts[0] or one in parts[1]]

    both = joined(folded(parts[0]), folded(parts[1]))

    assert both.to_lines() == folded(union).to_lines()
