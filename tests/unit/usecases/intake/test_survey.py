"""Surveys: what no event told of tasks and labels is found, a page at a time."""

from datetime import timedelta

import pytest

from labelloop.bucket.pool import Pool
from labelloop.bucket.pool_index import PoolIndexes
from labelloop.bucket.project import Project
from labelloop.bucket.surveys import Surveys
from labelloop.domain.intake.events import Event, text_of
from labelloop.domain.intake.folding import fold
from labelloop.errors import Conflict, Gone, Unavailable
from labelloop.labelstudio.payloads import key_of, read_export, read_tasks
from labelloop.labelstudio.project import SETTINGS, StudioProject
from labelloop.usecases.intake.survey import Progress, SurveyDeps, is_due, survey
from tests.builders import created, label_config
from tests.fakes import MemoryLabelStudio

TEXTS = [{"text": str(number)} for number in range(10)]
LONG = timedelta(minutes=5)


@pytest.fixture
def label_studio(clock) -> MemoryLabelStudio:
    return MemoryLabelStudio(page_size=3, clock=clock)


@pytest.fixture
def id_(label_studio) -> int:
    return label_studio.create_project(label_config=label_config())


@pytest.fixture
def key(label_studio, id_) -> str:
    return key_of(label_studio.project(id_))


@pytest.fixture
def studio(label_studio, key) -> StudioProject:
    return StudioProject(label_studio, key)


@pytest.fixture
def project(store, key) -> Project:
    return Project(store, key)


@pytest.fixture
def deps(store, queue, rank_queue, clock) -> SurveyDeps:
    return SurveyDeps(store=store, train_queue=queue, rank_queue=rank_queue, clock=clock)


@pytest.fixture
def walk(studio, deps, project, clock):
    """Survey whole, and fold what was found, as the trainer does."""

    def walk() -> Progress:
        clock.sleep(10)
        progress = survey(studio, deps, clock() + LONG)
        fold_pending(project)
        return progress

    return walk


def fold_pending(project: Project) -> None:
    pending, after = project.pending(), project.dataset_pointer()
    events = [Event.from_json(project.read(one) or b"") for one in pending]
    project.add_dataset(after, fold(project.dataset(after.value), events))
    project.forget(pending)


def known(store, key: str) -> dict[int, str]:
    """Return the texts of the pool as a ranking sees them."""
    pool, project = Pool(store, key), Project(store, key)
    gone = project.dataset(project.dataset_pointer().value).deleted_tasks
    tasks = pool.read(pool.shards())
    return {id_: task.data["text"] for id_, task in tasks.items() if id_ not in gone}


def test_tasks_that_no_event_told_of_are_found_and_ranked(
    walk, store, key, label_studio, id_, rank_queue
):
    made = label_studio.import_tasks(id_, TEXTS)

    assert walk() is Progress.FINISHED
    assert sorted(known(store, key)) == made
    assert [step.step for step, _ in rank_queue.sent] == ["plan"]


def test_only_tasks_that_are_missing_make_a_shard(walk, store, key, label_studio, id_, rank_queue):
    made = label_studio.import_tasks(id_, TEXTS)
    rows = [label_studio._tasks[task] for task in made if task != made[4]]
    Pool(store, key).add("20261123T110000.000000Z-event", read_tasks(rows))

    walk()

    (shard,) = store.keys("/pool/survey-")
    assert list(Pool(store, key).read([shard])) == [made[4]]


def test_a_survey_of_what_is_known_changes_nothing(walk, store, label_studio, id_, rank_queue):
    label_studio.import_tasks(id_, TEXTS)
    walk()
    before, sent = store.keys("/pool/"), len(rank_queue)
    for task in label_studio._tasks.values():
        task["updated_at"] = "2026-11-23T11:59:59Z"  # as after a label, or a deleted prediction

    walk()

    assert store.keys("/pool/") == before
    assert len(rank_queue) == sent


@pytest.mark.parametrize("changed_at", ["2026-11-23T11:00:00Z", "2026-11-23T08:00:00Z"])
def test_an_edited_or_restored_text_is_the_one_that_counts(
    walk, store, key, label_studio, id_, changed_at
):
    (task,) = label_studio.import_tasks(id_, TEXTS[:1])
    walk()
    label_studio._tasks[task] |= {"data": {"text": "other"}, "updated_at": changed_at}

    walk()

    assert known(store, key) == {task: "other"}


def test_of_two_states_of_a_text_the_later_surveys_is_in_the_later_shard(
    walk, store, key, label_studio, id_
):
    (task,) = label_studio.import_tasks(id_, TEXTS[:1])
    later = [f"edited {number}" for number in range(6)]
    for text in ("", *later):
        label_studio._tasks[task]["data"] = {"text": text}
        walk()
    pool = Pool(store, key)
    pool.add("20261123T110000.000000Z-event", [])

    texts = [one.data["text"] for shard in pool.shards() for one in pool.read([shard]).values()]

    assert texts == ["", *later]


def test_tasks_that_are_gone_are_ranked_no_more(walk, store, key, label_studio, id_):
    made = label_studio.import_tasks(id_, TEXTS)
    walk()
    for task in (made[0], made[5], made[-1]):
        label_studio.delete_task(task)

    walk()

    assert sorted(known(store, key)) == [*made[1:5], *made[6:-1]]


def test_a_task_that_was_restored_is_ranked_again(walk, store, key, label_studio, id_):
    made = label_studio.import_tasks(id_, TEXTS[:3])
    walk()
    gone = label_studio._tasks[made[1]]
    label_studio.delete_task(made[1])
    walk()
    label_studio._tasks[made[1]], label_studio._annotations[made[1]] = gone, []

    walk()

    assert sorted(known(store, key)) == made


def test_labels_that_came_with_an_import_are_learnt(walk, project, label_studio, id_):
    made = [label_studio.annotate(t, "Positive") for t in label_studio.import_tasks(id_, TEXTS)]

    walk()

    dataset = project.dataset(project.dataset_pointer().value)
    assert sorted(dataset.annotations) == made


def test_a_label_that_is_another_tasks_by_now_is_that_ones(walk, project, label_studio, id_):
    one, *_, other = label_studio.import_tasks(id_, TEXTS)
    label = label_studio.annotate(one, "Positive")
    walk()
    label_studio._annotations[other] = label_studio._annotations[one]
    label_studio.delete_task(one)  # as Remove Duplicated Tasks does
    label_studio._annotations.setdefault(other, [])

    walk()

    (row,) = project.dataset(project.dataset_pointer().value).live_annotations()
    assert (row.id, row.task) == (label, other)


def slowed(label_studio, clock, seconds: float) -> None:
    real = label_studio.tasks_after
    label_studio.tasks_after = lambda *asked: (clock.sleep(seconds), real(*asked))[1]


def test_out_of_time_it_goes_on_after_the_last_page(
    studio, deps, store, key, label_studio, id_, clock
):
    made = label_studio.import_tasks(id_, TEXTS)
    slowed(label_studio, clock, 10)

    turns = [survey(studio, deps, clock() + timedelta(seconds=15)) for _ in range(2)]

    assert turns == [Progress.UNFINISHED, Progress.FINISHED]
    assert label_studio.calls.count("tasks_after") == 4
    assert sorted(known(store, key)) == made


@pytest.mark.parametrize("part", ["/pool/", "/events/", "survey.json", "pool-index", "pool.json"])
@pytest.mark.parametrize("write", range(6))
def test_killed_anywhere_it_is_finished_by_the_next_one(
    studio,
    deps,
    store,
    key,
    project,
    label_studio,
    id_,
    clock,
    monkeypatch,
    part,
    write,
    rank_queue,
):
    made = label_studio.import_tasks(id_, TEXTS)
    labels = [label_studio.annotate(task, "Negative") for task in made[::2]]
    seen = []

    def dying(real):
        def write_or_die(name, *given):
            seen.extend([name] if part in name else [])
            if part in name and len(seen) == write + 1:
                raise KeyboardInterrupt
            return real(name, *given)

        return write_or_die

    with monkeypatch.context() as patched:
        patched.setattr(store, "create", dying(store.create))
        patched.setattr(store, "replace", dying(store.replace))
        try:
            survey(studio, deps, clock() + LONG)
        except KeyboardInterrupt:
            clock.sleep(600)

    for _ in range(2):
        survey(studio, deps, clock() + LONG)
    fold_pending(project)

    assert sorted(known(store, key)) == made
    assert sorted(project.dataset(project.dataset_pointer().value).annotations) == labels
    assert rank_queue
    assert Pool(store, key).is_listed()


def test_two_at_once_do_not_walk_twice(studio, deps, label_studio, id_, clock):
    label_studio.import_tasks(id_, TEXTS)
    real, met = label_studio.tasks_after, []

    def meanwhile(*asked):
        label_studio.tasks_after = real
        met.append(survey(studio, deps, clock() + LONG))
        return real(*asked)

    label_studio.tasks_after = meanwhile

    assert survey(studio, deps, clock() + LONG) is Progress.FINISHED
    assert met == [Progress.LEFT_TO_HOLDER]


def test_one_that_took_too_long_leaves_it_to_who_took_over(studio, deps, label_studio, id_, clock):
    label_studio.import_tasks(id_, TEXTS)
    real, met = label_studio.tasks_after, []

    def meanwhile(*asked):
        label_studio.tasks_after = real
        clock.sleep(600)
        met.append(survey(studio, deps, clock() + LONG))
        return real(*asked)

    label_studio.tasks_after = meanwhile

    assert survey(studio, deps, clock() + LONG) is Progress.LEFT_TO_HOLDER
    assert met == [Progress.FINISHED]


def test_a_project_replaced_while_a_page_is_read_leaves_nothing(
    studio, deps, store, label_studio, id_, clock
):
    label_studio.import_tasks(id_, TEXTS)
    real = label_studio.tasks_after

    def replaced(*asked):
        label_studio._projects[id_]["created_at"] = "2027-01-01T00:00:00Z"
        return real(*asked)

    label_studio.tasks_after = replaced

    with pytest.raises(Gone, match="another one by now"):
        survey(studio, deps, clock() + LONG)
    assert not store.keys("/pool/")
    assert not store.keys("/events/")


@pytest.fixture
def labels(project):
    """The ids of the labels that are learnt."""
    return lambda: [
        row.id for row in project.dataset(project.dataset_pointer().value).live_annotations()
    ]


def test_a_skip_that_has_no_result_is_learnt_with_the_rest_of_its_page(
    walk, labels, label_studio, id_
):
    one, other = label_studio.import_tasks(id_, TEXTS[:2])
    made = [label_studio.annotate(one, "Positive")]
    made.append(label_studio.annotate(other, "Positive", result=None, was_cancelled=True))

    walk()

    assert labels() == made


def test_a_row_that_cannot_be_read_keeps_no_other_from_being_learnt(
    walk, labels, label_studio, id_
):
    tasks = label_studio.import_tasks(id_, TEXTS[:3])
    made = [label_studio.annotate(task, "Positive") for task in tasks]
    walk()
    label_studio._annotations[tasks[0]][0]["result"] = [7]
    label_studio._tasks[tasks[1]]["data"] = "a text"
    new = label_studio.annotate(tasks[2], "Negative")

    walk()

    assert labels() == [*made, new]


def test_a_difference_that_was_left_once_is_not_walked_for_with_each_new_label(
    walk, studio, deps, project, label_studio, id_, clock
):
    tasks = label_studio.import_tasks(id_, TEXTS)
    label_studio.annotate(tasks[0], "Positive", result=[7])
    walk()
    assert is_due(studio, deps)
    walk()  # began with the difference, and left it

    for task in tasks[1:4]:
        clock.sleep(300)
        label_studio.annotate(task, "Positive")
        rows = label_studio.exported(id_, [task])
        shown = label_studio.project(id_, SETTINGS)
        project.add_event("event", read_export(studio.key, rows, clock(), label_config(), shown))
        fold_pending(project)
        assert not is_due(studio, deps)

    label_studio.annotate(tasks[5], "Positive")  # and no event
    assert is_due(studio, deps)


def test_a_difference_like_one_that_was_mended_is_walked_for(surveyed, studio, deps, id_, walk):
    for _ in range(3):
        surveyed.import_tasks(id_, TEXTS[:1])
        assert is_due(studio, deps)
        walk()


@pytest.mark.parametrize("listed", [0, 4])
def test_nothing_is_gone_where_fewer_tasks_are_listed_than_counted(
    walk, labels, store, key, label_studio, id_, listed
):
    tasks = label_studio.import_tasks(id_, TEXTS)
    made = [label_studio.annotate(task, "Positive") for task in tasks]
    walk()
    real, seen = label_studio._above, tasks[:listed]
    label_studio._number = lambda _: len(tasks)
    label_studio._above = lambda *asked: (one for one in real(*asked) if one["id"] in seen)
    if seen:
        label_studio.delete_annotation(made[0])
        made.append(label_studio.annotate(tasks[0], "Positive"))

    walk()

    assert labels() == made
    assert sorted(known(store, key)) == tasks


def test_labels_that_an_export_leaves_out_though_they_are_counted_are_not_taken_for_gone(
    walk, labels, label_studio, id_
):
    tasks = label_studio.import_tasks(id_, TEXTS)
    made = [label_studio.annotate(task, "Positive") for task in tasks]
    walk()
    real = label_studio.exported
    for partly in (
        lambda *_: [],
        lambda *asked: [row | {"annotations": []} for row in real(*asked)],
    ):
        label_studio.exported = partly
        with pytest.raises(Unavailable, match=f"task {tasks[0]} among"):
            walk()

    assert labels() == made


def test_a_label_that_is_deleted_before_its_page_is_exported_is_gone(
    walk, labels, label_studio, id_
):
    made = [label_studio.annotate(t, "Positive") for t in label_studio.import_tasks(id_, TEXTS)]
    walk()
    real = label_studio.exported

    def late(*asked):
        label_studio.delete_annotation(made[0])
        return real(*asked)

    label_studio.exported = late

    walk()

    assert labels() == made[1:]


def test_tasks_that_are_deleted_before_their_page_is_listed_are_gone(
    walk, store, key, label_studio, id_
):
    made = label_studio.import_tasks(id_, TEXTS)
    walk()
    real = label_studio.tasks_after

    def late(*asked):
        if made[0] in label_studio._tasks:
            label_studio.delete_task(made[0])
        return real(*asked)

    label_studio.tasks_after = late

    walk()

    assert sorted(known(store, key)) == made[1:]


@pytest.mark.parametrize("name", ["created_at", "updated_at"])
def test_a_task_of_the_last_year_stops_no_survey(walk, store, key, label_studio, id_, clock, name):
    (task,) = label_studio.import_tasks(id_, TEXTS[:1])
    label_studio._tasks[task] |= {name: "9999-12-31T23:59:59.999999Z"}
    walk()
    clock.sleep(90_000)
    label_studio._tasks[task] |= {"data": {"text": "other"}, "updated_at": "2026-11-23T11:00:00Z"}

    walk()

    assert known(store, key) == {task: "other"}


def test_a_task_of_the_last_year_that_an_event_told_of_stops_no_survey(
    walk, store, key, label_studio, id_
):
    (task,) = label_studio.import_tasks(id_, TEXTS[:1])
    row = label_studio._tasks[task] | {"updated_at": "9999-12-31T23:59:59.999999Z"}
    Pool(store, key).add("20261123T110000.000000Z-event", read_tasks([row]))
    label_studio._tasks[task] |= {"data": {"text": "other"}}

    assert walk() is Progress.FINISHED


def test_a_task_that_is_dated_after_its_delete_is_deleted_again(
    walk, project, store, key, label_studio, id_, clock
):
    (task,) = label_studio.import_tasks(id_, TEXTS[:1])
    ahead = text_of(clock() + timedelta(minutes=2))
    label_studio._tasks[task] |= {"created_at": ahead, "updated_at": ahead}
    Pool(store, key).add("20261123T110000.000000Z-event", read_tasks([label_studio._tasks[task]]))
    label_studio.delete_task(task)
    project.add_event("a", Event("TASKS_DELETED", key, text_of(clock()), deleted_tasks=(task,)))
    fold_pending(project)
    clock.sleep(90_000)

    walk()

    assert project.dataset(project.dataset_pointer().value).deleted_until()[task] > ahead


# -- when ------------------------------------------------------------------------------------


@pytest.fixture
def surveyed(walk, studio, deps, label_studio, id_):
    """A project that was surveyed, and agrees."""
    for task in label_studio.import_tasks(id_, TEXTS)[:3]:
        label_studio.annotate(task, "Positive")
    walk()
    assert not is_due(studio, deps)
    return label_studio


def test_a_project_that_agrees_is_due_once_a_day(surveyed, studio, deps, clock):
    clock.sleep(86_399 - 60)
    assert not is_due(studio, deps)

    clock.sleep(120)
    assert is_due(studio, deps)


@pytest.mark.parametrize("what", ["task", "label", "skip", "label config", "annotators"])
def test_a_difference_makes_a_project_due(surveyed, studio, deps, id_, what):
    (task, *_) = surveyed._tasks
    match what:
        case "task":
            surveyed.import_tasks(id_, TEXTS[:1])
        case "label":
            surveyed.annotate(task, "Positive")
        case "skip":
            surveyed.annotate(task, "Positive", was_cancelled=True)
        case "label config":
            surveyed.change_project(id_, label_config=label_config("Other", "Positive"))
        case "annotators":
            surveyed.change_project(id_, maximum_annotations=2)

    assert is_due(studio, deps)


def test_a_difference_that_no_survey_mends_is_walked_for_once(
    surveyed, studio, deps, walk, monkeypatch
):
    real = surveyed.project
    monkeypatch.setattr(surveyed, "project", lambda i, *x: real(i, *x) | {"task_number": 99})
    assert is_due(studio, deps)
    walk()

    assert not is_due(studio, deps)


def test_while_events_wait_a_difference_is_walked_for_once_an_hour(
    surveyed, studio, deps, project, id_, clock
):
    project.add_event("a", created(1_000))
    surveyed.import_tasks(id_, TEXTS)
    assert not is_due(studio, deps)

    clock.sleep(3_600)
    assert is_due(studio, deps)


def test_who_asks_while_one_is_under_way_gets_another(
    surveyed, studio, deps, store, key, clock, walk
):
    real = surveyed.tasks_after

    def asking(*asked):
        surveyed.tasks_after = real
        Surveys(store, key).ask(clock())
        return real(*asked)

    surveyed.tasks_after = asking
    Surveys(store, key).ask(clock())

    assert walk() is Progress.FINISHED
    assert is_due(studio, deps)
    walk()
    assert not is_due(studio, deps)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"after": "x", "until": null}'])
def test_a_damaged_note_has_the_project_surveyed_anew(surveyed, studio, deps, store, key, body):
    store.tamper(f"projects/{key}/survey.json", body)

    assert is_due(studio, deps)


def test_the_index_is_made_anew_where_it_is_damaged(surveyed, store, key):
    store.tamper(f"projects/{key}/pool-index.gz", b"damaged")

    index = PoolIndexes(store, key).whole()

    assert index is not None
    assert len(index.tasks) == len(TEXTS)


def test_a_lost_race_for_the_note_is_no_error(surveyed, studio, deps, store, id_, monkeypatch):
    surveyed.change_project(id_, title="other")
    (task, *_) = surveyed._tasks
    surveyed.delete_task(task)

    def lost(*_):
        raise Conflict("survey.json")

    monkeypatch.setattr(Surveys, "swap", lost)

    assert survey(studio, deps, deps.clock() + LONG) is Progress.LEFT_TO_HOLDER
