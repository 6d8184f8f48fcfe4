"""What the demo makes of a backend's answers."""

from typing import Any

import httpx
import pytest

from labelloop.local.backend import BackendFailed, DemoBackend


def answering(status: int, **content: Any) -> DemoBackend:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, **content))
    return DemoBackend(httpx.Client(transport=transport, base_url="http://fake"))


def test_there_is_one_prediction_per_task_in_their_order(backend, project, tasks):
    predictions = backend.predict(project, tasks)

    assert [p.score for p in predictions] == [1 / task.id for task in tasks]


def test_without_a_model_no_label_is_predicted(backend, project, tasks):
    (prediction,) = backend.predict(project, tasks[:1])

    assert (prediction.label, prediction.version) == (None, "untrained")


def test_a_missing_result_is_an_error(project, tasks):
    with pytest.raises(BackendFailed, match="0 results for 8 tasks"):
        answering(200, json={"results": []}).predict(project, tasks)


def test_a_result_of_another_shape_is_an_error(project, tasks):
    with pytest.raises(BackendFailed, match="did not predict a choice"):
        answering(200, json={"results": [{"result": []}]}).predict(project, tasks[:1])


def test_an_error_status_is_told_with_its_text():
    with pytest.raises(BackendFailed, match="/webhook answered 503: come back later"):
        answering(503, text="come back later").send({})


def test_an_answer_without_json_is_an_error(project):
    with pytest.raises(BackendFailed, match="/setup did not answer with a JSON object"):
        answering(200, text="OK").version(project)


def test_no_answer_is_an_error_that_names_the_route():
    def refuse(request):
        raise httpx.ConnectError("refused")

    client = httpx.Client(transport=httpx.MockTransport(refuse), base_url="http://fake")

    with pytest.raises(BackendFailed, match="/health did not answer: refused"):
        DemoBackend(client).check_health()
