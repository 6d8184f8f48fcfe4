"""Folding: the same dataset, byte for byte, whatever happened to the events on their way."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from labelloop.domain.intake.events import Event
from labelloop.domain.intake.folding import Dataset, checksum, compress, decompress, fold
from tests.builders import annotation, created, deleted, event, label_config, region, task

_IDS = st.integers(1, 4)
_TIMES = st.sampled_from([f"2026-11-23T{hour:02d}:00:00.000000+00:00" for hour in range(9, 15)])
_EVENTS = st.one_of(
    st.builds(
        lambda i, label, made, at, skipped, text, task: created(
            i, label, text, created_at=made, updated_at=at, skipped=skipped, task=task
        ),
        _IDS,
        st.sampled_from(["Positive", "Negative", None]),
        _TIMES,
        _TIMES,
        st.booleans(),
        st.sampled_from(["a", "b"]),
        _IDS,
    ),
    st.builds(lambda ids, at: replace(deleted(*ids), received_at=at), st.lists(_IDS), _TIMES),
    st.builds(
        lambda ids, at: event(deleted_tasks=tuple(ids), received_at=at), st.lists(_IDS), _TIMES
    ),
    st.builds(
        lambda at, label: event(project_updated_at=at, label_config=label_config("A", label)),
        _TIMES,
        st.sampled_from(["B", "C"]),
    ),
)


def folded(*events: Event) -> Dataset:
    return fold(Dataset(), events)


def sha(dataset: Dataset) -> str:
    return checksum(dataset.to_lines())


@settings(max_examples=500)
@given(st.lists(_EVENTS, max_size=8), st.data())
def test_order_duplicates_and_batches_do_not_matter(events, data):
    shuffled = data.draw(st.permutations(events + events[:3]))
    cut = data.draw(st.integers(0, len(shuffled)))

    first = Dataset.from_lines(folded(*shuffled[:cut]).to_lines())

    assert fold(first, shuffled[cut:]).to_lines() == folded(*events).to_lines()


def test_the_newest_update_of_an_annotation_wins_however_late_it_comes():
    old = created(1, "Positive", updated_at="2026-01-01T00:00:00.000000+00:00")
    new = created(1, "Negative", updated_at="2026-01-01T00:00:00.000001+00:00")

    assert folded(new, old).annotations[1].result == new.annotations[0].result


def test_a_delete_is_final_even_if_it_comes_first():
    assert folded(deleted(1), created(1)).live_annotations() == []


def test_an_id_that_is_used_again_after_the_delete_is_another_annotation():
    again = created(1, "Negative", created_at="2026-11-23T11:00:06.000000+00:00")

    assert folded(deleted(1), again).live_annotations() == list(again.annotations)
    assert folded(again, deleted(1)) == folded(deleted(1), again)


def test_a_delete_means_the_rows_made_up_to_five_seconds_after_it():
    within = created(1, created_at="2026-11-23T11:00:05.000000+00:00")
    past = created(1, created_at="2026-11-23T11:00:05.000001+00:00")

    assert folded(deleted(1), within).live_annotations() == []
    assert folded(deleted(1), past).live_annotations() == list(past.annotations)


def test_a_label_of_a_deleted_task_does_not_become_one_of_the_task_that_gets_its_id():
    old = created(1, created_at="2026-11-23T10:00:00.000000+00:00")
    made = "2026-11-23T12:00:00.000000+00:00"
    again = event(tasks=(replace(task(1), created_at=made, updated_at=made),))

    dataset = folded(old, event(deleted_tasks=(1,)), again)

    assert dataset.tasks[1].created_at == made
    assert dataset.live_annotations() == []


def test_the_last_of_several_deletes_counts():
    later = replace(deleted(1), received_at="2026-11-23T12:30:00.000000+00:00")
    again = created(1, created_at="2026-11-23T12:20:00.000000+00:00")

    assert folded(later, deleted(1), again).live_annotations() == []


def test_deleting_a_task_deletes_its_text_and_its_annotations():
    dataset = folded(created(1), created(2), event(deleted_tasks=(1,)))

    assert [a.id for a in dataset.live_annotations()] == [2]
    assert list(dataset.tasks) == [2]


def test_the_label_config_of_the_newest_project_wins():
    newer = event(project_updated_at="2027-01-01T00:00:00.000000+00:00", label_config="<new/>")

    assert folded(newer, created(1)).label_config == "<new/>"


def test_an_event_about_nothing_new_leaves_the_dataset_as_it_was():
    dataset = folded(created(1))
    before = sha(dataset)

    model_version_changed = event(action="PROJECT_UPDATED")

    assert sha(fold(dataset, [model_version_changed])) == before


def test_a_dataset_survives_storing():
    dataset = folded(created(1, text="\ud800 \x00 é 東"), deleted(7), event(deleted_tasks=(9,)))

    stored = decompress(compress(dataset.to_lines()))

    assert Dataset.from_lines(stored) == dataset


def test_the_stored_form_has_no_time_in_it():
    assert compress(b"x")[4:8] == bytes(4)  # RFC 1952: where gzip writes the time


def test_an_annotation_whose_task_is_unknown_does_not_count():
    assert folded(event(annotations=(annotation(1),))).live_annotations() == []
    assert folded(event(annotations=(annotation(1),), tasks=(task(1),))).live_annotations()


def done(*events: Event, **settings: object) -> set[int]:
    told = event(settings=settings, project_updated_at="2027-01-01T00:00:00.000000+00:00")
    return folded(
        *events, replace(told, received_at="2027-01-01T00:00:00.000000+00:00")
    ).done_tasks()


def test_a_task_is_done_when_as_many_have_labelled_it_as_the_project_asks_for():
    first, again = created(1, task=9, annotator=1), created(2, task=9, annotator=1)
    second = created(3, task=9, annotator=2)

    assert done(first) == {9}
    assert done(first, again, maximum_annotations=2) == set()
    assert done(first, second, maximum_annotations=2) == {9}


def test_a_task_that_needs_another_number_of_annotators_has_its_own():
    own = event(tasks=(replace(task(9), overlap=2),))
    first, second = created(1, task=9, annotator=1), created(3, task=9, annotator=2)

    assert done(own, first) == set()
    assert done(own, first, second) == {9}


def test_a_skipped_task_is_left_to_others_unless_the_project_ignores_skips():
    skip = created(1, skipped=True)

    assert done(skip, skip_queue="REQUEUE_FOR_OTHERS") == set()
    assert done(skip, skip_queue="REQUEUE_FOR_ME") == set()
    assert done(skip, skip_queue="IGNORE_SKIPPED") == {1}
    assert folded(skip).labelled_tasks() == {1}


def test_an_empty_submit_is_done():
    assert done(created(1, None)) == {1}


def test_a_row_with_more_of_its_fields_wins_a_tie():
    whole = annotation(1, result=[region("Positive") | {"id": "a", "origin": "manual"}])
    trimmed, full = created(1), event(annotations=(whole,))

    for dataset in (folded(trimmed, full), folded(full, trimmed)):
        assert dataset.annotations[1] == whole


def test_settings_and_label_config_have_their_own_times():
    later = "2026-11-23T12:00:00.000000+00:00"
    both = event(settings={"maximum_annotations": 2})
    config = event(label_config="<new/>", project_updated_at=later, received_at=later)

    for dataset in (folded(both, config), folded(config, both)):
        assert (dataset.label_config, dataset.settings) == ("<new/>", {"maximum_annotations": 2})


def test_a_time_that_an_earlier_release_did_not_store_is_added_in_any_order():
    without, with_time = created(1), created(1, lead_time=4.2)

    for one in (folded(without, with_time), folded(with_time, without)):
        assert one.annotations[1].lead_time == 4.2
    assert b"lead_time" not in folded(without).to_lines()
    assert Dataset.from_lines(folded(with_time).to_lines()).annotations[1].lead_time == 4.2
