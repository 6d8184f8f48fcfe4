"""What a team lead sees and does: the project's page beside a real Label Studio, in a browser."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Request

from tests.e2e.report import AtLeast, Exactly, find
from tests.e2e.test_browser import _log_in, browser
from tests.e2e.waiting import UNTRAINED, wait_for, wait_for_push

TASKS, FIRST, MORE = 60, 20, 24
COUNTED = ("labelled", "left", "class", "person", "day", "version")  # numbers that count tasks
TASK = "() => window.Htx && window.Htx.task ? window.Htx.task.id : null"
TEXT = "() => window.Htx.task.dataObj.text"


def test_a_lead_watches_the_curve_and_rolls_back(
    new_project, studio, labelloop, documents, truth, screenshots, tmp_path
):
    annotator = new_project("Reuters news, watched")
    annotator.bring([{"text": document.text} for document in documents[:TASKS]])
    key = labelloop.cli("connect", studio.personal_token, annotator.project)["project"]
    where = f"{labelloop.stack.url}/ui/projects/{key}"

    with browser(tmp_path) as page:
        _log_in(page, studio.url)
        page.goto(f"{studio.url}/projects/{annotator.project}/data?labeling=1")
        for _ in range(FIRST):
            _label_in_the_page(page, truth)
        first = wait_for_push(annotator, labelloop, key)

        _log_in_to_pages(page, where, labelloop)
        before = _sentence(page)
        page.screenshot(path=screenshots / "lead-first.png", full_page=True)
        wrong = _wrong_lists(page, where, screenshots)

        for _ in range(MORE):
            shown = annotator.next_task()
            annotator.label(shown.task, truth[shown.text])
        second = wait_for_push(annotator, labelloop, key)
        # The page is open, and looks by itself.
        wait_for(lambda: second in page.inner_text("body") or None)
        page.reload()
        after, ticks = _sentence(page), page.locator("svg .dot").count()
        page.screenshot(path=screenshots / "lead-second.png", full_page=True)

        page.on("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="Roll back").click()
        wait_for(lambda: labelloop.active(key) != second or None)
        page.wait_for_timeout(500)
        page.screenshot(path=screenshots / "lead-rolled-back.png", full_page=True)
    rolled_to = labelloop.active(key)
    is_shown = wait_for(lambda: annotator.next_task().version == rolled_to)

    find(Exactly("lead: labels in the page's sentence, first", _labels(before), "", FIRST))
    find(Exactly("lead: labels in the page's sentence, then", _labels(after), "", FIRST + MORE))
    find(Exactly("lead: numbers that lead to other tasks than they count", wrong, "", 0))
    find(AtLeast("lead: marks of the learning curve", ticks, "", 2))
    find(Exactly("lead: versions", len({first, second, UNTRAINED}), "", 3))
    find(Exactly("lead: next task is of the version rolled back to", is_shown, "", 1))


def _wrong_lists(page: Page, where: str, screenshots: Path) -> int:
    """Follow a number of each kind to Label Studio; return how many show other tasks."""
    links = page.locator("a.count")
    wanted = {
        links.nth(n).get_attribute("href") or "": links.nth(n).inner_text()
        for n in range(links.count())
    }
    by_list = {_list(href): (href, text) for href, text in wanted.items() if _list(href) in COUNTED}
    assert len(by_list) >= 5
    wrong = 0
    for name, (href, text) in by_list.items():
        with page.expect_request(_is_for_a_list, timeout=60_000) as asked:
            page.goto(where.partition("/ui/")[0] + href)
        wrong += page.request.get(asked.value.url).json()["total"] != int(text.split()[0])
        page.wait_for_timeout(1_000)
        page.screenshot(path=screenshots / f"lead-list-{name}.png")
    page.goto(where)
    return wrong


def _list(href: str) -> str:
    return parse_qs(urlsplit(href).query)["of"][0]


def _is_for_a_list(request: Request) -> bool:
    return "/api/tasks" in request.url and "query=" in request.url


def _label_in_the_page(page: Page, truth: dict[str, str]) -> None:
    """Label the task that the page shows, with the mouse, and wait for the next one."""
    page.wait_for_function(TASK, timeout=30_000)
    task, text = page.evaluate(TASK), page.evaluate(TEXT)
    page.wait_for_timeout(300)
    box = page.locator(f"input[name='{truth[text]}']").first
    if not box.is_checked():  # a suggestion may have filled it in
        page.locator("label", has=box).first.click()
    page.get_by_role("button", name="Submit").first.click()
    page.wait_for_function(
        "(task) => !window.Htx || !window.Htx.task || window.Htx.task.id !== task",
        arg=task,
        timeout=30_000,
    )


def _log_in_to_pages(page: Page, where: str, labelloop: Any) -> None:
    page.goto(where)
    page.fill("input[name=user]", labelloop.stack.user)
    page.fill("input[name=password]", labelloop.stack.password)
    page.keyboard.press("Enter")
    page.wait_for_url(where)


def _sentence(page: Page) -> str:
    return page.locator(".headline").inner_text()


def _labels(sentence: str) -> int:
    return int(sentence.split()[0].replace(",", "") or 0)
