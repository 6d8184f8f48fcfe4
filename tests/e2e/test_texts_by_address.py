"""Texts at addresses, as uploads to Label Studio: spans stand where its page counts them."""

from typing import Any

from playwright.sync_api import Page

from labelloop.recipes import control_of
from tests.e2e.annotator import Annotator
from tests.e2e.report import AtLeast, Exactly, find
from tests.e2e.test_browser import _log_in, browser
from tests.e2e.test_kinds import _is_whole, _shows
from tests.e2e.waiting import wait_for_push
from tests.kinds.spans import EXAMPLE, TEXT, in_text

CONFIG = TEXT.replace('value="$text"', 'value="$text" valueType="url"')
LABELLED, LOOKED_AT = 30, 3
# What the page has marked, in the words of its own document.
MARKED = """() => {
  const shown = window.Htx.annotationStore.selected || window.Htx.annotationStore.predictions[0];
  return shown.regions.map(one => one.text);
}"""


def test_spans_of_uploaded_texts_stand_where_the_page_counts_them(
    new_project, studio, labelloop, tmp_path
):
    annotator: Annotator = new_project("uploaded texts")
    where, token = f"/api/projects/{annotator.project}/", studio.personal_token
    annotator.ask("PATCH", where, json={"label_config": CONFIG})
    texts = _uploaded(annotator)
    tasks = annotator.bring([{"text": address} for address in texts])
    for task, text in zip(tasks[:LABELLED], texts.values(), strict=False):
        body = {"result": in_text({"text": text}), "lead_time": 1.5}
        annotator.ask("POST", f"/api/tasks/{task}/annotations/", json=body)
    key = labelloop.cli("connect", token, annotator.project)["project"]
    wait_for_push(annotator, labelloop, key)

    suggested = [one for one in annotator.shown_predictions() if one["result"]]
    seen = right = 0
    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        for one in suggested[:LOOKED_AT]:
            task = annotator.ask("GET", f"/api/tasks/{one['task']}/")
            assert _is_whole(page, f"{studio.url}/projects/{annotator.project}", one)
            seen += _shows(page, control_of(CONFIG), one)
            right += _marked(page) == _meant(one, texts[task["data"]["text"]])

    find(AtLeast("uploaded texts with a suggestion", len(suggested), "", LOOKED_AT))
    find(Exactly("uploaded texts: predictions that the page shows", seen, "", LOOKED_AT))
    find(Exactly("uploaded texts: spans that stand where they are meant", right, "", LOOKED_AT))


def _uploaded(annotator: Annotator) -> dict[str, str]:
    """Upload texts; return them by their addresses. The tasks that an import makes hold them."""
    where = f"/api/projects/{annotator.project}/"
    texts = {f"{row}.txt": str(task["text"]) for row, task in enumerate(EXAMPLE.tasks)}
    files = [("file", (name, text.encode(), "text/plain")) for name, text in texts.items()]
    made = annotator.ask("POST", f"{where}import", files=files)
    annotator.act_on_all("delete_tasks")
    ids = {"ids": str(made["file_upload_ids"])}
    listed = annotator.ask("GET", f"{where}file-uploads", params=ids)
    uploads = [str(one["file"]) for one in listed]
    return {f"/data/{path.lstrip('/')}": texts[path.rpartition("-")[2]] for path in uploads}


def _marked(page: Page) -> list[str]:
    return [" ".join(text.replace("\\n", "\n").split()) for text in page.evaluate(MARKED)]


def _meant(prediction: dict[str, Any], text: str) -> list[str]:
    places = [(one["value"]["start"], one["value"]["end"]) for one in prediction["result"]]
    return [" ".join(text[start:end].split()) for start, end in places]
