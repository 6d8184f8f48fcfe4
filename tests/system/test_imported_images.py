"""An image classifier is imported, served and taken back on the built artefacts: their layers alone
decode images, run it in a process of its own, and answer.
"""

import json

import pytest

from labelloop.adapters.s3_store import S3Store
from labelloop.bucket.project import Project
from labelloop.local.stack import local_stack
from tests.conftest import load_event
from tests.kinds.digits import EXAMPLE, NAMES, file_of, written
from tests.onnx_models import artefact_of, image_model
from tests.system.conftest import PARAMETERS, PREDICT, SETUP, LabelStudio, wait_for
from tests.tiny_images import inline

pytestmark = pytest.mark.slow

LABELS = 24
UNSEEN = written()[0][300:306]
TRUE = written()[1][300:306]


class Digits(LabelStudio):
    """A project that asks about images."""

    def label_image(self, id_: int, data: dict) -> None:
        body = json.loads(load_event("webhook-annotation-created")["body"])
        body["annotation"] |= {"id": id_, "task": id_, "result": EXAMPLE.answer(data)}
        body["task"] |= {"id": id_, "data": data}
        body["project"] |= {"label_config": EXAMPLE.config}
        assert self._http.post("/webhook", json=body).status_code == 202

    def see(self, *images: str) -> list[dict]:
        known = PREDICT["tasks"][0] | {"is_labeled": True}  # the random share has no suggestion
        tasks = [known | {"id": id_, "data": {"image": one}} for id_, one in enumerate(images)]
        body = PREDICT | {"tasks": tasks, "label_config": EXAMPLE.config}
        answer = self._http.post("/predict", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()["results"]

    def post(self, path: str, **fields: str) -> dict:
        answer = self._http.post(path, json={"project": SETUP["project"], **fields})
        assert answer.status_code in (200, 202), answer.text
        return answer.json()


def choices(results):
    return [one["result"][0]["value"]["choices"][0] if one["result"] else "" for one in results]


def test_a_classifier_of_images_is_served_and_taken_back(tmp_path):
    images, names = written()
    artefact = artefact_of(image_model(images[120:], names[120:]), NAMES)
    parameters = PARAMETERS | {"ImageEncoder": "efficientnet", "MinLabels": "10"}
    with local_stack(state=tmp_path, parameters=parameters) as stack:
        digits = Digits(stack)
        for id_, data in enumerate(EXAMPLE.tasks[:LABELS], 1):
            digits.label_image(id_, data)
        trained = wait_for(lambda: v if (v := digits.version()) != "untrained" else None)
        store = S3Store(stack.outputs["BucketName"], stack.client("s3"))
        project = Project(store, SETUP["project"])
        wait_for(lambda: not project.has_pending())

        project.imports.add("1", artefact, "somebody")
        digits.post("/train")
        outcome = wait_for(lambda: project.imports.outcome("1"))

        assert outcome["served"], outcome
        assert outcome["labels"] == LABELS
        seen = [*(inline(file_of(image)) for image in UNSEEN), "data:image/png;base64,aGVsbG8="]
        results = wait_for(
            lambda: (
                r if (r := digits.see(*seen))[0]["model_version"] == outcome["version"] else None
            )
        )
        assert choices(results) == [*TRUE, ""]
        assert digits.post("/activate", version=trained)["changed"]
        wait_for(lambda: digits.see(seen[0])[0]["model_version"] == trained)
        digits.close()
