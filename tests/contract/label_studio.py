"""What the loop relies on of Label Studio: one suite, for the fake and for a real one.

`tests/contract/test_label_studio.py` runs it on the fake, `tests/e2e/test_contract.py` on Label
Studio itself, so that the fake can be believed.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import pytest

from labelloop.errors import NotFound, Rejected
from labelloop.labelstudio.project import COUNTS, SETTINGS
from labelloop.ports import LabelStudio

V1, V2 = "1-aaaaaaaa", "2-bbbbbbbb"
ANY = {"from_name": "label", "to_name": "text", "type": "choices"}


class World(Protocol):
    """A Label Studio with a project of two labels, and what people do in it."""

    api: LabelStudio
    project: int

    def import_tasks(self, texts: Iterable[str]) -> list[int]: ...

    def annotate(self, task: int, label: str) -> int: ...

    def skip(self, task: int) -> int: ...

    def delete_task(self, task: int) -> None: ...

    def next_task(self) -> int: ...


class LabelStudioContract:
    """Subclasses bring the fixture `world`."""

    def test_a_project_counts_its_tasks_and_annotations_but_no_skips(self, world):
        one, two, _ = world.import_tasks("abc")
        world.annotate(one, "Positive")
        world.skip(two)

        known = world.api.project(world.project)

        assert (known["task_number"], known["total_annotations_number"]) == (3, 1)

    def test_skips_are_counted_apart(self, world):
        one, two = world.import_tasks("ab")
        world.annotate(one, "Positive")
        world.skip(two)

        assert world.api.project(world.project)["skipped_annotations_number"] == 1

    def test_the_fields_of_a_project_that_are_named_are_told_and_no_others(self, world):
        world.import_tasks("a")
        whole = world.api.project(world.project)

        settings = world.api.project(world.project, SETTINGS)
        counted = world.api.project(world.project, (*SETTINGS, *COUNTS))

        assert settings == {name: whole[name] for name in SETTINGS if name in whole}
        assert {"id", "created_at", "label_config", "model_version"} <= settings.keys()
        assert counted == settings | {name: whole[name] for name in COUNTS}
        assert counted["task_number"] == 1

    def test_each_answer_tells_the_time(self, world):
        world.api.project(world.project)

        assert abs(world.api.now() - datetime.now(UTC)) < timedelta(minutes=1)

    def test_tasks_come_from_an_id_on_with_their_counts(self, world):
        first, labelled, skipped, bare = world.import_tasks("abcd")
        world.annotate(labelled, "Positive")
        world.skip(skipped)

        page = world.api.tasks_after(world.project, first)

        found = [
            (task["id"], task["total_annotations"], task["cancelled_annotations"])
            for task in page.tasks
        ]
        assert found == [(labelled, 1, 0), (skipped, 0, 1), (bare, 0, 0)]
        assert (page.last, page.remaining) == (None, 3)
        assert {task["overlap"] for task in page.tasks} == {1}
        assert [task["is_labeled"] for task in page.tasks][:1] == [True]

    def test_after_the_last_task_there_is_none(self, world):
        (last,) = world.import_tasks("a")

        page = world.api.tasks_after(world.project, last)

        assert (page.tasks, page.last, page.remaining) == ([], None, 0)

    def test_the_export_of_some_tasks_leaves_out_those_without_annotations(self, world):
        labelled, bare, other = world.import_tasks("abc")
        world.annotate(labelled, "Positive")
        world.annotate(other, "Positive")

        exported = world.api.exported(world.project, [labelled, bare, 999_999])

        assert [(task["id"], len(task["annotations"])) for task in exported] == [(labelled, 1)]

    def test_a_project_that_is_not_there_is_not_found(self, world):
        with pytest.raises(NotFound):
            world.api.project(999_999)

    def test_tasks_come_by_id_with_their_data(self, world):
        made = world.import_tasks("abc")

        tasks = [task for page in world.api.tasks(world.project) for task in page]

        assert [(task["id"], task["data"]["text"]) for task in tasks] == list(
            zip(made, "abc", strict=True)
        )

    def test_the_export_holds_what_is_annotated_or_skipped(self, world):
        one, two, _ = world.import_tasks("abc")
        labelled, skipped = world.annotate(one, "Positive"), world.skip(two)

        exported = [task for page in world.api.export(world.project) for task in page]

        found = {a["id"]: a["was_cancelled"] for task in exported for a in task["annotations"]}
        assert found == {labelled: False, skipped: True}

    def test_predictions_it_cannot_use_are_left_out_without_a_word(self, world):
        one, two = world.import_tasks("ab")

        taken = world.api.add_predictions(
            world.project, [prediction(one, 0.1), prediction(two, 0.2, label="unknown")]
        )

        assert taken == 1
        assert world.api.prediction_counts(world.project) == {V1: 1}

    def test_an_unknown_task_has_the_whole_batch_refused(self, world):
        (one,) = world.import_tasks("a")

        with pytest.raises(Rejected):
            world.api.add_predictions(world.project, [prediction(one, 0), prediction(999_999, 0)])

        assert world.api.prediction_counts(world.project) == {}

    def test_predictions_sent_twice_are_there_twice(self, world):
        (one,) = world.import_tasks("a")
        for _ in range(2):
            world.api.add_predictions(world.project, [prediction(one, 0.1)])

        assert world.api.prediction_counts(world.project) == {V1: 2}

    def test_a_version_without_predictions_cannot_be_shown(self, world):
        world.import_tasks("a")

        with pytest.raises(Rejected):
            world.api.change_project(world.project, model_version=V1)

    def test_the_lowest_score_of_the_version_that_is_shown_comes_next(self, world):
        tasks = world.import_tasks("abc")
        for version, scores in ((V1, (0.1, 0.2, 0.3)), (V2, (0.3, 0.2, 0.1))):
            rows = [prediction(t, s, version) for t, s in zip(tasks, scores, strict=True)]
            world.api.add_predictions(world.project, rows)

        world.api.change_project(world.project, model_version=V2, sampling="Uncertainty sampling")

        assert world.next_task() == tasks[2]

    def test_a_versions_predictions_are_deleted_and_no_others(self, world):
        (one,) = world.import_tasks("a")
        world.api.add_predictions(world.project, [prediction(one, 0), prediction(one, 0, V2)])

        for _ in range(2):
            world.api.delete_predictions(world.project, V1)

        assert world.api.prediction_counts(world.project) == {V2: 1}

    def test_predictions_are_listed_and_deleted_one_by_one(self, world):
        one, two = world.import_tasks("ab")
        world.api.add_predictions(world.project, [prediction(one, 0), prediction(two, 0, V2)])
        rows = {row["model_version"]: row for row in world.api.predictions(world.project)}

        for _ in range(2):
            world.api.delete_prediction(rows[V1]["id"])

        assert (rows[V1]["task"], rows[V2]["task"]) == (one, two)
        assert world.api.prediction_counts(world.project) == {V2: 1}

    def test_one_prediction_at_a_time_is_stored_as_it_is(self, world):
        (one,) = world.import_tasks("a")
        unknown = prediction(one, 0.5, label="no such choice")

        assert world.api.add_predictions(world.project, [unknown]) == 0
        world.api.add_prediction(unknown)

        (stored,) = world.api.predictions(world.project)
        assert (stored["task"], stored["model_version"], stored["score"]) == (one, V1, 0.5)
        assert stored["result"][0]["value"] == {"choices": ["no such choice"]}

    def test_a_prediction_of_a_task_that_is_not_there_is_refused(self, world):
        with pytest.raises(Rejected):
            world.api.add_prediction(prediction(2**31 - 1, 0.5))

    def test_a_deleted_task_takes_its_predictions_with_it(self, world):
        one, two = world.import_tasks("ab")
        world.api.add_predictions(world.project, [prediction(one, 0), prediction(two, 0)])

        world.delete_task(one)

        assert world.api.prediction_counts(world.project) == {V1: 1}


def prediction(
    task: int, score: float, version: str = V1, label: str = "Positive"
) -> dict[str, Any]:
    result = [ANY | {"value": {"choices": [label]}}]
    return {"task": task, "result": result, "score": score, "model_version": version}
