"""Choices about images, in a real browser: handwritten digits, and what the model says of one."""

import io
from base64 import b64encode
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import FloatRect
from sklearn.datasets import load_digits

from tests.e2e.annotator import Annotator
from tests.e2e.report import AtLeast, Exactly, find
from tests.e2e.test_browser import _is_visible, _log_in, browser
from tests.e2e.waiting import wait_for_push

TASKS, LABELLED, SIDE = 90, 40, 240
SHOWN: FloatRect = {"x": 0, "y": 0, "width": 1280, "height": 540}
CHOICES = "".join(f'<Choice value="{digit}"/>' for digit in range(10))
CONFIG = (
    '<View><Image name="image" value="$image" maxWidth="240px"/>'
    '<Header value="Which digit is it?"/>'
    '<Choices name="digit" toName="image" choice="single" showInLine="true">'
    f"{CHOICES}</Choices></View>"
)


def test_an_annotator_sees_an_image_with_its_prediction(
    new_project, studio, labelloop, screenshots, tmp_path
):
    digits = load_digits()
    truth = {_file(pixels): str(label) for pixels, label in zip(*_some(digits), strict=True)}
    annotator: Annotator = new_project("Handwritten digits")
    where, token = f"/api/projects/{annotator.project}/", studio.personal_token
    annotator.ask("PATCH", where, json={"label_config": CONFIG})
    tasks = annotator.bring([{"image": file} for file in truth])
    for task, digit in zip(tasks[:LABELLED], truth.values(), strict=False):
        value = {"choices": [digit]}
        region = {"from_name": "digit", "to_name": "image", "type": "choices", "value": value}
        body = {"result": [region], "lead_time": 1.5}
        annotator.ask("POST", f"/api/tasks/{task}/annotations/", json=body)
    # After the labels, so that all are learnt at once, and the page has one version to show.
    key = labelloop.cli("connect", token, annotator.project)["project"]
    wait_for_push(annotator, labelloop, key)

    suggested = [one for one in annotator.shown_predictions() if one["result"]]
    right = [one for one in suggested if _chosen(one) == truth[_image(annotator, one["task"])]]
    # The surest one of those that are right: what is doubtful comes first in the order.
    shown = max(right, key=lambda one: one["result"][0]["score"])
    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        page.goto(f"{studio.url}/projects/{annotator.project}/data?task={shown['task']}")
        page.locator(f"text={shown['model_version']}").first.click()
        is_chosen = _is_visible(page, f"input[name='{_chosen(shown)}']:checked")
        page.wait_for_timeout(1_500)  # the image is drawn after the choices
        page.screenshot(path=screenshots / "images.png", clip=SHOWN)

    find(AtLeast("digits: predictions that are right", len(right) / len(suggested), "", 0.5))
    find(Exactly("digits: prediction shown beside its image", int(is_chosen), "", 1))


def _some(digits: Any) -> tuple[Any, Any]:
    return digits.images[:TASKS], digits.target[:TASKS]


def _file(pixels: Any) -> str:
    """Return a digit in dark ink on paper, as a data: URI."""
    ink = 235 - np.asarray(pixels) * 200 / 16
    image = Image.fromarray(ink.astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    body = io.BytesIO()
    image.save(body, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{b64encode(body.getvalue()).decode()}"


def _chosen(prediction: dict[str, Any]) -> str:
    return str(prediction["result"][0]["value"]["choices"][0])


def _image(annotator: Annotator, task: int) -> str:
    return str(annotator.ask("GET", f"/api/tasks/{task}/")["data"]["image"])
