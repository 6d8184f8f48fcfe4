import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from labelloop.adapters.label_studio_admin import LabelStudioAdmin
from labelloop.adapters.label_studio_api import LabelStudioApi
from labelloop.errors import NotFound, Unavailable
from tests.unit.adapters.label_studio_server import LEGACY, Answer, Server, at, serving


@pytest.fixture
def server():
    with serving() as server:
        yield server


def page(*ids: int, left: int = 0, **fields) -> Answer:
    tasks = [{"id": id_} | fields for id_ in ids]
    return Answer(body={"tasks": tasks, "total": len(ids) + left})


def query(server: Server, request: int) -> dict[str, list[str]]:
    return parse_qs(urlsplit(server.heard[request].path).query)


def test_tasks_are_asked_for_page_by_page_after_the_last_id(server: Server):
    server.answers(page(3, 7, left=1), page(8))

    pages = list(at(server.url, LabelStudioApi, page_size=2).tasks(5))

    assert [[task["id"] for task in page] for page in pages] == [[3, 7], [8]]
    second = json.loads(query(server, 1)["query"][0])
    assert second["filters"]["items"][0]["value"] == 7
    assert second["ordering"] == ["tasks:id"]


def test_predictions_and_annotations_are_not_asked_for(server: Server):
    server.answers(page())

    assert list(at(server.url, LabelStudioApi).tasks(5)) == []
    assert "predictions" not in query(server, 0)["include"][0]


def test_a_label_studio_that_ignores_the_filter_does_not_loop_for_ever(server: Server):
    server.answers(page(3, 7, left=1))

    with pytest.raises(Unavailable, match="order"):
        list(at(server.url, LabelStudioApi, page_size=2).tasks(5))


def test_only_annotated_and_skipped_tasks_are_exported(server: Server):
    listing = [{"id": 1}, {"id": 2, "total_annotations": 1}, {"id": 3, "cancelled_annotations": 1}]
    exported = [{"id": 2, "annotations": []}, {"id": 3, "annotations": []}]
    server.answers(Answer(body={"tasks": listing, "total": 3}), Answer(body=exported))

    batches = list(at(server.url, LabelStudioApi).export(5))

    assert batches == [exported]
    assert query(server, 1)["ids[]"] == ["2", "3"]


def test_a_project_without_annotations_exports_nothing(server: Server):
    server.answers(page(1, 2))

    assert list(at(server.url, LabelStudioApi).export(5)) == []
    assert len(server.heard) == 1


def test_predictions_are_counted_by_label_studio(server: Server):
    server.answers(Answer(201, {"created": 1}))

    taken = at(server.url, LabelStudioApi).add_predictions(5, [{"task": 1}, {"task": 2}])

    assert taken == 1
    assert server.heard[0].body == [{"task": 1}, {"task": 2}]


@pytest.mark.parametrize("body", [[], {"created": None}, {"other": 1}])
def test_an_answer_of_another_shape_is_unavailable(server: Server, body):
    server.answers(Answer(body=body))

    with pytest.raises(Unavailable):
        at(server.url, LabelStudioApi).add_predictions(5, [])


def test_settings_and_versions_are_named_in_the_body(server: Server):
    label_studio = at(server.url, LabelStudioApi)

    label_studio.change_project(5, model_version="v2")
    label_studio.delete_predictions(5, "v1")

    assert [(h.method, h.path, h.body) for h in server.heard] == [
        ("PATCH", "/api/projects/5/", {"model_version": "v2"}),
        ("DELETE", "/api/projects/5/model-versions/", {"model_version": "v1"}),
    ]


def test_a_changed_webhook_keeps_its_actions(server: Server):
    admin = LabelStudioAdmin(server.url, lambda: LEGACY)

    admin.change_webhook(3, headers={"A": "b"})
    admin.change_webhook(3, actions=["ANNOTATION_CREATED"])

    assert server.heard[0].body["send_for_all_actions"] is True
    assert server.heard[1].body["send_for_all_actions"] is False
    assert server.heard[1].body["actions"] == ["ANNOTATION_CREATED"]


def test_a_changed_backend_names_its_address(server: Server):
    LabelStudioAdmin(server.url, lambda: LEGACY).change_backend(3, 5, "http://b", title="t")

    assert server.heard[0].body == {"project": 5, "url": "http://b", "title": "t"}


def test_fields_of_a_project_are_named_for_those_left_out_take_time(server: Server):
    label_studio = at(server.url, LabelStudioApi)

    label_studio.project(5, ("id", "created_at"))
    label_studio.project(5)

    assert query(server, 0) == {"include": ["id,created_at"]}
    assert query(server, 1) == {}


def test_a_page_too_large_to_be_answered_is_asked_for_in_halves(server: Server):
    server.answers(page(1, 2, 3, data={"text": "x" * 100}), page(1, left=2))
    label_studio = at(server.url, LabelStudioApi, page_size=3)
    label_studio.http._max_answer = 100

    found = label_studio.tasks_after(5, 0)

    assert ([task["id"] for task in found.tasks], found.last) == ([1], 1)
    assert [query(server, n)["page_size"] for n in range(2)] == [["3"], ["1"]]


def test_a_label_studio_set_to_smaller_pages_is_listed_to_its_end(server: Server):
    server.answers(page(1, 2, left=1), page(3))

    pages = list(at(server.url, LabelStudioApi, page_size=500).tasks(5))

    assert [[task["id"] for task in page] for page in pages] == [[1, 2], [3]]


def test_data_is_asked_for_as_webhooks_and_exports_have_it(server: Server):
    server.answers(page())

    at(server.url, LabelStudioApi).tasks_after(5, 0)

    assert query(server, 0)["resolve_uri"] == ["false"]


def test_the_time_is_label_studios_own(server: Server):
    label_studio = at(server.url, LabelStudioApi)
    assert label_studio.now() is None

    label_studio.project(5)

    told = label_studio.now()
    assert told is not None
    assert abs(told - datetime.now(UTC)) < timedelta(minutes=1)


@pytest.mark.parametrize("body", [b"<html>no such host</html>", b"{}", {"message": "no Route"}])
def test_a_404_of_a_proxy_is_not_taken_for_one_of_label_studio(server: Server, body):
    own = {"status_code": 404, "version": "1.23.2", "detail": "Not found."}
    server.answers(Answer(404, body), Answer(404, own))
    label_studio = at(server.url, LabelStudioApi)

    with pytest.raises(Unavailable):
        label_studio.project(5)
    with pytest.raises(NotFound):
        label_studio.project(5)
