"""Each kind of labelling in a real Label Studio: from its tasks to predictions that its page shows.

What people label with is in `tests/kinds`: a project for each kind, and the results that Label
Studio's editor makes of its tasks.
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from labelloop.domain.intake.events import canonical
from labelloop.recipes import control_of
from tests.e2e.annotator import Annotator
from tests.e2e.report import AtLeast, Exactly, find
from tests.e2e.test_browser import _is_visible, _log_in, browser
from tests.e2e.waiting import differences, wait_for, wait_for_push
from tests.kinds.example import Example
from tests.tiny_images import COLOURS, picture

KINDS = sorted(
    path.stem
    for path in (Path(__file__).parents[1] / "kinds").glob("*.py")
    if path.stem not in {"__init__", "example"}
)
LABELLED = 40
LOOKED_AT = 3
UPLOADED = 6
# What the page says instead of a task that it can't show.
BROKEN = ("mobx-state-tree", "Cannot read properties", "ConfigurationError")
# The regions of the prediction that the page has opened, as it would save them.
SHOWN = """() => {
  const store = window.Htx && window.Htx.annotationStore;
  const shown = store && (store.selected || store.predictions[0]);
  return shown ? shown.serializeAnnotation() : null;
}"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_learnt_shown_and_put_in_order(
    kind, new_project, studio, labelloop, screenshots, tmp_path
):
    example: Example = import_module(f"tests.kinds.{kind}").EXAMPLE
    control = control_of(example.config)
    annotator: Annotator = new_project(f"kind {kind}")
    where, token = f"/api/projects/{annotator.project}/", studio.personal_token
    annotator.ask("PATCH", where, json={"label_config": example.config})
    annotator.bring([{"data": data} for data in example.tasks])
    key = labelloop.cli("connect", token, annotator.project)["project"]
    wait_for(lambda: annotator.shown_predictions() or None)

    made = [_label(annotator, example) for _ in range(LABELLED)]
    is_learnt = not control.missing([control.label_of(one) for _, one in made], 0)
    if is_learnt:
        wait_for_push(annotator, labelloop, key)
    shown = annotator.shown_predictions()
    suggested = [one for one in shown if one["result"]]
    following = annotator.ask("GET", f"{where}next")["id"]
    seen, of_regions, hidden = [0, 0], [0, 0], 0
    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        for number, one in enumerate((suggested or shown)[:LOOKED_AT]):
            seen[0] += _is_whole(page, f"{studio.url}/projects/{annotator.project}", one)
            seen[1] += _shows(page, control, one)
            page.screenshot(path=screenshots / f"{kind}-{number}.png")
            answers = _of_regions(one["result"])
            inputs = [f"input[name='{_ticked(answer)}'] >> visible=true" for answer in answers]
            hidden += sum(not page.locator(each).count() for each in inputs)
            for answer in answers:
                of_regions[0] += _is_shown_of_its_region(page, one["result"], answer)
                of_regions[1] += 1
                page.screenshot(path=screenshots / f"{kind}-{number}-{answer['id']}.png")

    find(Exactly(f"{kind}: recipe is {example.recipe}", control.recipe == example.recipe, "", 1))
    if is_learnt:
        find(AtLeast(f"{kind}: tasks with a suggestion", len(suggested), "", LOOKED_AT))
        find(Exactly(f"{kind}: predictions that the page shows", seen[1], "", LOOKED_AT))
    find(Exactly(f"{kind}: tasks that the page opens", seen[0], "", LOOKED_AT))
    if asked := [one for _, result in made for one in _of_regions(result)]:
        find(AtLeast(f"{kind}: answers of regions that people gave", len(asked), "", LABELLED))
        find(AtLeast(f"{kind}: predicted answers of regions", of_regions[1], "", LOOKED_AT))
        ticked = f"{kind}: of those, ticked on the page once the region is selected"
        find(Exactly(ticked, of_regions[0], "", of_regions[1]))
        find(Exactly(f"{kind}: of those, not on it before", hidden, "", of_regions[1]))
    find(Exactly(f"{kind}: next task is the first of the order", following, "", shown[0]["task"]))

    annotation, _ = made[0]
    annotator.undo(annotation)
    annotation, _ = made[1]
    annotator.ask("PATCH", f"/api/annotations/{annotation}/", json={"result": made[2][1]})
    different = differences(annotator, labelloop, key)
    find(Exactly(f"{kind}: differences after undo and update", different, "annotations", 0))

    labelloop.cli("disconnect", token, annotator.project)
    hooks = annotator.ask("GET", "/api/webhooks/", params={"project": annotator.project})
    find(Exactly(f"{kind}: webhooks after disconnect", len(hooks), "", 0))


def test_an_uploaded_image_is_read_with_the_token(new_project, studio, labelloop):
    example: Example = import_module("tests.kinds.image_choices").EXAMPLE
    annotator: Annotator = new_project("uploaded images")
    where, token = f"/api/projects/{annotator.project}/", studio.personal_token
    annotator.ask("PATCH", where, json={"label_config": example.config})
    files = {
        f"{number}.png": (f"{number}.png", picture(list(COLOURS)[number % 3], number), "image/png")
        for number in range(UPLOADED)
    }
    annotator.ask("POST", f"{where}import", files=files)

    labelloop.cli("connect", token, annotator.project)
    ordered = wait_for(annotator.shown_predictions)

    find(Exactly("uploaded images that have a place", len(ordered), "", UPLOADED))


def _label(annotator: Annotator, example: Example) -> tuple[int, list[dict[str, Any]]]:
    """Label the next task as a person does; return the annotation and its result."""
    task = annotator.ask("GET", f"/api/projects/{annotator.project}/next")
    result = example.answer(task["data"])
    body = {"result": result, "lead_time": 1.5}
    made = annotator.ask("POST", f"/api/tasks/{task['id']}/annotations/", json=body)
    return made["id"], result


def _is_whole(page: Page, project: str, prediction: dict[str, Any]) -> bool:
    """Open a task with its prediction; say whether the page shows it, and no error in its place."""
    page.goto(f"{project}/data?task={prediction['task']}")
    page.locator(".lsf-main-content, .lsf-main-view").first.wait_for(timeout=30_000)
    page.wait_for_timeout(1_500)
    text = page.inner_text("body")
    return not any(one in text for one in BROKEN)


def _of_regions(result: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the choices that have the id of a region, and so are about it."""
    marked = {one["id"] for one in result if "labels" in one["value"]}
    return [one for one in result if "choices" in one["value"] and one.get("id") in marked]


def _is_shown_of_its_region(
    page: Page, result: list[dict[str, Any]], answer: dict[str, Any]
) -> bool:
    """Click on a region of a text; say whether it is selected then, and its answer is ticked."""
    places = {one["id"]: one["value"]["start"] for one in result if "labels" in one["value"]}
    place = sorted(places.values()).index(places[answer["id"]])
    page.locator(".htx-highlight").nth(place).click()
    is_selected = _is_visible(page, f"text={answer['id']} >> visible=true")
    return is_selected and _is_visible(page, f"input[name='{_ticked(answer)}']:checked")


def _ticked(answer: dict[str, Any]) -> str:
    return str(answer["value"]["choices"][0])


def _shows(page: Page, control: Any, prediction: dict[str, Any]) -> bool:
    """Say whether the page has read the label of a prediction as it was meant."""
    regions = page.evaluate(SHOWN) or []
    meant, read = control.label_of(prediction["result"]), control.label_of(regions)
    if canonical(meant) != canonical(read):
        print("meant", prediction["result"], "shown", regions)
    return canonical(meant) == canonical(read)
