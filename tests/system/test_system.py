"""The whole loop over HTTP, on the built artefacts, with real queues and a real bucket."""

from collections.abc import Callable

import httpx
import pytest

from labelloop.local.stack import local_stack
from tests.system.conftest import PARAMETERS, LabelStudio, wait_for

pytestmark = pytest.mark.slow

TEXTS = {"Positive": "a great film, lovely", "Negative": "an awful film, boring"}


def choice(result: dict) -> str:
    return result["result"][0]["value"]["choices"][0]


def served(label_studio: LabelStudio, version: str) -> Callable[[], list[dict] | None]:
    """Ask for two predictions; answer once they carry the version."""

    def ask() -> list[dict] | None:
        results = label_studio.predict("a lovely film", "a boring film")
        return results if results[0]["model_version"] == version else None

    return ask


def test_a_label_comes_in_and_a_better_model_goes_live(stack, label_studio):
    assert label_studio.get("/health").json() == {"status": "UP"}
    (before,) = label_studio.predict("a lovely film")
    assert (before["result"], before["model_version"]) == ([], "untrained")

    for id_ in range(1, 21):
        name = ("Positive", "Negative")[id_ % 2]
        label_studio.label(id_, name, f"{TEXTS[name]} number {id_}")

    first = wait_for(lambda: v if (v := label_studio.version()) != "untrained" else None)
    good, bad = wait_for(served(label_studio, first))
    assert (choice(good), choice(bad)) == ("Positive", "Negative")

    label_studio.label(21, "Negative", "a lovely lovely lovely film")

    second = wait_for(
        lambda: v if (v := label_studio.version()) not in ("untrained", first) else None
    )
    wait_for(served(label_studio, second))
    assert label_studio.get("/versions").json()["versions"][:2] == [second, first]


def test_nothing_but_health_is_open(stack):
    with httpx.Client(base_url=stack.url, trust_env=False) as anybody:
        assert anybody.get("/health").status_code == 200
        for method, path in (
            ("POST", "/setup"),
            ("POST", "/webhook"),
            ("POST", "/predict"),
            ("GET", "/versions"),
            ("GET", "/docs"),
            ("GET", "/openapi.json"),
            ("GET", "/elsewhere"),
        ):
            answer = anybody.request(method, path)
            assert answer.status_code == 401, path
            assert "error" in answer.json()
            assert "www-authenticate" in answer.headers


def test_bad_bodies_get_their_4xx_through_the_gateway(label_studio):
    for path in ("/setup", "/webhook", "/predict"):
        assert label_studio._http.post(path, content=b"{").status_code == 400
        assert label_studio._http.post(path, json={"a": 1}).status_code == 422


def test_models_and_credentials_outlive_a_restart(tmp_path):
    with local_stack(state=tmp_path, parameters=PARAMETERS) as stack:
        first_run = LabelStudio(stack)
        for id_ in range(1, 13):
            name = ("Positive", "Negative")[id_ % 2]
            first_run.label(id_, name, f"{TEXTS[name]} number {id_}")
        wait_for(lambda: first_run.version() != "untrained")
        wait_for(lambda: not _waiting(stack))
        version, password = first_run.version(), stack.password
        first_run.close()

    with local_stack(state=tmp_path, parameters=PARAMETERS) as stack:
        second_run = LabelStudio(stack)
        assert stack.password == password
        assert second_run.version() == version
        wait_for(served(second_run, version))

        second_run.label(13, "Negative", "a lovely lovely lovely film")

        wait_for(lambda: second_run.version() != version)
        second_run.close()


def _waiting(stack) -> int:
    """Return how many wake-ups are on their way."""
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesDelayed",
        "ApproximateNumberOfMessagesNotVisible",
    ]
    url = stack.outputs["TrainQueueUrl"]
    found = stack.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(value) for value in found["Attributes"].values())
