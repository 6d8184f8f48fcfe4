"""The labelling page, in a real browser: the prediction and its score are there to see."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from labelloop.domain.ordering.random_share import are_random
from tests.e2e.annotator import Annotator
from tests.e2e.label_studio import EMAIL, PASSWORD
from tests.e2e.report import Exactly, find
from tests.e2e.waiting import wait_for_push

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
TASKS, LABELLED = 60, 24


def test_an_annotator_sees_the_prediction_and_its_score_but_in_the_random_share(
    new_project, studio, labelloop, documents, truth, screenshots, tmp_path
):
    annotator = new_project("Reuters news, by topic")
    annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    for _ in range(LABELLED):
        shown = annotator.next_task()
        annotator.label(shown.task, truth[shown.text])
    wait_for_push(annotator, labelloop, key)

    shown = annotator.shown_predictions()
    prediction = next(one for one in shown if one["result"])
    blind = next(one for one in shown if not one["result"])

    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        page.goto(f"{studio.url}/projects/{annotator.project}/data?task={prediction['task']}")
        label = prediction["result"][0]["value"]["choices"][0]
        is_chosen = _is_visible(page, f"input[name='{label}']:checked")
        # The page holds the score twice, once hidden.
        is_scored = _is_visible(page, f"text={prediction['score']:.2%} >> visible=true")
        page.screenshot(path=screenshots / "labelling.png")
        known = len(_predictions(annotator, blind["task"]))
        for _ in range(2):
            page.goto(f"{studio.url}/projects/{annotator.project}/data?task={blind['task']}")
            is_open = _is_visible(page, f"input[name='{label}']")
        # Other inputs of the page are checked too: how its list is shown.
        choices = (f"input[name='{one}']:checked" for one in set(truth.values()))
        chosen = page.locator(", ".join(choices)).count()
        page.screenshot(path=screenshots / "blind.png")
    added = len(_predictions(annotator, blind["task"])) - known
    of_random = are_random([one["task"] for one in shown], key)
    told = labelloop.cli("status", studio.personal_token, annotator.project)["told"]

    find(Exactly("prediction shown on the labelling page", int(is_chosen), "", 1))
    find(Exactly("its score shown on the labelling page", int(is_scored), "", 1))
    find(Exactly("random task opened in the labelling page", int(is_open), "", 1))
    find(Exactly("choices made for the annotator there", chosen, "", 0))
    find(Exactly("predictions that opening it twice has added", added, "", 0))
    suggested = [bool(one["result"]) for one in shown]
    swayed = sum(bool(r) == one for r, one in zip(of_random, suggested, strict=True))
    find(Exactly("tasks with a suggestion in the random share, or without beyond", swayed, "", 0))
    find(Exactly("lines that tell of swayed labels", str(told).count("suggestion"), "", 0))


def _predictions(annotator: Annotator, task: int) -> list[dict[str, Any]]:
    return annotator.ask("GET", "/api/predictions/", params={"task": task})


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
    page.wait_for_url(f"{url}/")


def _is_visible(page: Page, selector: str) -> bool:
    try:
        page.locator(selector).first.wait_for(timeout=30_000)
    except PlaywrightTimeout:
        return False
    return True
