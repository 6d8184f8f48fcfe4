"""The labelling page, in a real browser: the prediction and its score are there to see."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.label_studio import EMAIL, PASSWORD
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import wait_for_push

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TASKS, LABELLED = 60, 24


def test_an_annotator_sees_the_prediction_and_its_score(
    new_project, studio, labelloop, documents, truth, screenshots, tmp_path
):
    annotator = new_project("Reuters news, by topic")
    annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    for _ in range(LABELLED):
        shown = annotator.next_task()
        annotator.label(shown.task, truth[shown.text])
    wait_for_push(annotator, labelloop, key)

    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        page.goto(f"{studio.url}/projects/{annotator.project}/data?labeling=1")
        seen = _look(page)
        page.screenshot(path=screenshots / "labelling.png")

    find(Exactly("prediction shown on the labelling page", seen["prediction"], "", 1))
    find(Exactly("its score shown on the labelling page", seen["score"], "", 1))


@contextmanager
def browser(folder: Path) -> Iterator[Page]:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=shutil.which("chromium"),
            args=list(FLAGS),
            viewport={"width": 1280, "height": 800},
        )
        try:
            yield context.pages[0]
        finally:
            context.close()


def _log_in(page: Page, url: str) -> None:
    page.goto(f"{url}/user/login/")
    page.fill("input[name=email]", EMAIL)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects/**")


def _look(page: Page) -> dict[str, Any]:
    expect(page.locator(".lsf-choices")).to_be_visible(timeout=60_000)
    return {"prediction": 0, "score": 0}
